import { type Verdict } from '../verdict/judge';
import { type ChaosCounts } from './chaos';
import { type DemoResult } from './run';
import { type ServerComparison } from './tables';
import { type Tally } from './tally';
import { type TroubleCounts } from './troubles';

/** What a run showed, as `--json` has it. Counts are events unless the name says otherwise. */
export interface DemoReport extends Partial<ChaosCounts> {
  readonly ok: boolean;
  /** Accepted by Event Hubs: an acknowledgement arrived. It is `landed` + `quarantined` + `missing`. */
  readonly sent: number;
  /** Of these, found in `bronze/`. */
  readonly landed: number;
  /** Of these, found in `quarantine/`. */
  readonly quarantined: number;
  /** Lines that say again what another line says. */
  readonly duplicates: number;
  readonly missing: number;
  readonly altered: number;
  /** Stored though the sender was never told; it sent each again as another event. */
  readonly unacknowledgedLanded: number;
  readonly files: number;
  readonly bytes: number;
  /** Of `sent`, those that came from the databases. */
  readonly captured?: number;
  /** Of these, those that capture sent again, as it must when it cannot know; recognised by their `eventId`. */
  readonly repeated?: number;
  /** Each table of the databases beside what the lake's files alone make of it. */
  readonly tables?: readonly ServerComparison[];
  /** From the first event sent to the last one landed. */
  readonly seconds: number;
  readonly partitions: Verdict['partitions'];
  /** The first few of each kind. */
  readonly problems: Verdict['problems'];
}

/** What is reported of. */
export interface Reported extends Pick<DemoResult, 'verdict' | 'tally' | 'flowMs'> {
  /** Null where none were made. */
  readonly troubles: TroubleCounts | null;
  /** Null where no database was captured. */
  readonly captured: Pick<DemoResult, 'tables' | 'held' | 'repeated'> | null;
}

export function reportOf({ verdict, tally, troubles, captured, flowMs }: Reported): DemoReport {
  const { duplicates, altered, unacknowledgedLanded, files, bytes, partitions, problems } = verdict;
  const { redelivered, swapConflicts, steals } = tally;
  const counts = captured === null ? verdict : withCaptured(verdict, captured.held);
  const { sent, landed, quarantined, missing } = counts;
  const tables = captured?.tables ?? [];
  const isSame = tables.every(({ different }) => different === 0);
  return {
    ok: verdict.ok && missing === 0 && isSame,
    ...{ sent, landed, quarantined, duplicates, missing, altered, unacknowledgedLanded, files, bytes },
    seconds: Math.round(flowMs / 100) / 10,
    ...(troubles === null ? {} : chaosCounts(troubles, { steals, redelivered, swapConflicts })),
    ...(captured === null ? {} : { captured: sent - verdict.sent, repeated: captured.repeated, tables }),
    partitions,
    problems,
  };
}

type Counts = Pick<Verdict, 'sent' | 'landed' | 'quarantined' | 'missing'>;

/** What the hubs hold beyond the attempts of the sender's log was captured: each of these events must be in the lake, too. */
function withCaptured(verdict: Verdict, held: ReadonlyMap<string, number>): Counts {
  const accepted = [...held.values()].reduce((sum, events) => sum + events, 0);
  const sent = Math.max(verdict.sent, accepted - verdict.unacknowledgedLanded);
  const landed = verdict.landed + verdict.foreign;
  return { sent, landed, quarantined: verdict.quarantined, missing: sent - landed - verdict.quarantined };
}

function chaosCounts(
  { kills, lostAnswers }: TroubleCounts,
  counts: Pick<Tally, 'steals' | 'redelivered' | 'swapConflicts'>,
): ChaosCounts {
  return { kills, lostAnswers, ...counts };
}

/** The part of a report that chaos adds; null where there was none. */
export function chaosOf({ kills, lostAnswers, steals, redelivered, swapConflicts }: DemoReport): ChaosCounts | null {
  if (kills === undefined || lostAnswers === undefined || steals === undefined) return null;
  return { kills, lostAnswers, steals, redelivered: redelivered ?? 0, swapConflicts: swapConflicts ?? 0 };
}
