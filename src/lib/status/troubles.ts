import { type PartitionStatus, type RunStatus, type SourceStatus, type Status, type Trouble } from './status';

/** What is judged: all but the verdict itself. */
export type Judged = Omit<Status, 'troubles'>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Nothing committed for so long while events wait: a stalled partition. */
const STALLED_MS = 10 * 60_000;

/** A source's proof is as old as the daily run, and the day's run may be late by some hours. */
const PROOF_MS = 36 * HOUR_MS;

/** What is wrong, the worst first: each with where and what to do. */
export function troublesOf(status: Judged): Trouble[] {
  const troubles = [
    ...status.partitions.flatMap((partition) => partitionTroubles(partition, status.at)),
    ...status.sources.flatMap((source) => sourceTroubles(source, status.at)),
    ...dayTroubles(status),
    ...runTroubles(status),
  ];
  return [...troubles.filter(({ level }) => level === 'bad'), ...troubles.filter(({ level }) => level === 'warn')];
}

const bad = (text: string): Trouble => ({ level: 'bad', text });
const warn = (text: string): Trouble => ({ level: 'warn', text });

function partitionTroubles({ hub, partition, gaps, lag, latestEvent }: PartitionStatus, at: string): Trouble[] {
  const where = `${hub}, partition ${partition}`;
  const quietMs = Date.parse(at) - Date.parse(latestEvent);
  const troubles: Trouble[] = [];
  if (gaps.length > 0) {
    const first = gaps.slice(0, 3).join(', ') + (gaps.length > 3 ? ` and ${gaps.length - 3} more` : '');
    troubles.push(
      bad(
        `${where}: ${first} were never handed over by Event Hubs. The daily run reads them again; npm run lake -- repair does so now.`,
      ),
    );
  }
  if (lag !== null && lag > 0 && quietMs > STALLED_MS) {
    troubles.push(
      bad(
        `${where}: ${lag === 1 ? 'an event waits' : `${lag.toLocaleString('en')} events wait`}, and the latest in the lake is ${Math.round(quietMs / 60_000)} minutes old. ` +
          'See the function app’s failures; npm run lake -- doctor looks for the cause.',
      ),
    );
  }
  return troubles;
}

function sourceTroubles(
  { source, minutes, behind, completeThrough, completeWhy }: SourceStatus,
  at: string,
): Trouble[] {
  const troubles: Trouble[] = [];
  const lately = minutes.slice(-10);
  const failures = lately.reduce((sum, minute) => sum + minute.failures, 0);
  if (failures > 0) {
    troubles.push(
      warn(
        `${source}: ${failures === 1 ? 'an attempt' : `${failures} attempts`} at a batch failed in the last 10 minutes and ${failures === 1 ? 'is' : 'are'} made again. The log tells why.`,
      ),
    );
  }
  if (behind === null) troubles.push(warn(`${source}: Event Hubs was not asked, or did not answer in time.`));
  const isOld = completeThrough !== null && Date.parse(at) - Date.parse(completeThrough) > PROOF_MS;
  if (isOld)
    troubles.push(
      bad(`${source}: complete through ${completeThrough} only${completeWhy === null ? '' : `: ${completeWhy}`}.`),
    );
  return troubles;
}

function dayTroubles({ days }: Judged): Trouble[] {
  return days
    .filter(({ state }) => state === 'missing')
    .map(({ source, day, missing }) =>
      bad(`${source}, ${day}: ${missing.toLocaleString('en')} events are missing. npm run lake -- verify tells which.`),
    );
}

function runTroubles({ runs, at }: Judged): Trouble[] {
  const judge = (name: string, run: RunStatus | null, everyMs: number): Trouble[] => {
    if (run === null) return [];
    const ageMs = Date.parse(at) - Date.parse(run.startedAt);
    if (run.outcome === 'failed') return [bad(`The ${name} run failed: its line in the log tells why.`)];
    if (ageMs > everyMs) return [bad(`The ${name} run has not begun since ${run.startedAt}.`)];
    return [];
  };
  return [...judge('daily', runs.daily, 1.5 * DAY_MS), ...judge('weekly', runs.weekly, 8 * DAY_MS)];
}
