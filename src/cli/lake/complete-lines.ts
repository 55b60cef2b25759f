import { type DailyReport, type SourceReport } from '../../lib/maintenance/daily/report';
import { dayText } from '../../lib/maintenance/daily/marker';
import { tableOf } from './print';

/** For machines: times in ISO 8601 UTC, 64-bit numbers as text. */
export function reportJson({ startedAt, sources, ...rest }: DailyReport): Record<string, unknown> {
  return {
    ...rest,
    startedTime: iso(startedAt),
    sources: sources.map(({ completeThrough, recent, oldCheckpoints, ...source }) => ({
      ...source,
      completeThrough: completeThrough === null ? null : iso(completeThrough),
      oldCheckpoints: oldCheckpoints.map(({ sequence, modifiedAt, ...one }) => ({
        ...one,
        sequence: sequence === null ? null : String(sequence),
        modifiedTime: iso(modifiedAt),
      })),
      recent: recent.map(({ day, ...figures }) => ({ day: dayText(day), ...figures })),
    })),
  };
}

/** For people: the latest days, and what is wrong. */
export function linesOf({ dryRun, sources }: DailyReport): string[] {
  const rows = sources.flatMap(({ source, recent }) =>
    recent.map((one) => [source, dayText(one.day), one.events, one.quarantined, one.missing, one.lost, one.state]),
  );
  const head = ['source', 'day', 'events', 'quarantined', 'missing', 'lost', 'complete'];
  return [...(rows.length === 0 ? [] : [tableOf(head, rows)]), ...sources.flatMap((one) => sourceLines(one, dryRun))];
}

function sourceLines(one: SourceReport, dryRun: boolean): string[] {
  const { source, completeThrough, why, totals, oldCheckpoints, daysMarked, daysLeft } = one;
  const through = completeThrough === null ? 'up to when is not known' : `complete through ${iso(completeThrough)}`;
  const late = one.isLate ? ', which is late' : '';
  return [
    `${source}: ${through}${late}${why.length === 0 ? '' : ` (${why.join('; ')})`}`,
    ...(totals === null ? ['  it was not proved'] : []),
    ...(daysMarked.length === 0 ? [] : [`  ${dryRun ? 'to be marked' : 'marked'}: ${spanOf(daysMarked)}`]),
    ...one.daysNoLongerWhole.map((day) => `  ${day} was complete, and is so no longer`),
    ...daysLeft.map(({ day, why: reason }) => `  ${day} is left as it was: ${reason}`),
    ...(one.filled === 0 ? [] : [`  ${one.filled} events came back from the hub`]),
    ...(one.newlyLost === 0 ? [] : [`  ${one.newlyLost} events are newly lost: the hub no longer has them`]),
    ...one.faults.map((fault) => `  ${fault}`),
    ...oldCheckpoints.map(
      ({ partition, why: reason, sequence }) =>
        `  the host's checkpoint of partition ${partition} (${sequence ?? 'no number'}) is ` +
        (reason === 'before_hub' ? 'older than the hub' : "beyond the hub's end") +
        ': the host may pass over events; npm run lake -- reset-checkpoint',
    ),
    ...(one.isOutOfTime ? ['  the time is up, the next run goes on'] : []),
  ];
}

function spanOf(days: readonly string[]): string {
  const [first = '', last = first] = [days[0], days.at(-1)];
  return days.length === 1 ? first : `${days.length} days from ${first} to ${last}`;
}

const iso = (at: number): string => new Date(at).toISOString();
