import { type Source } from '../../decode/event';
import { placeOf } from '../completeness/judge';
import { type RepairReport } from '../repair/report';
import { type RepairSummary } from './room';
import { countOf } from '../../ranges';

/** What a repair has done, in the figures of the daily run. */
export function repairSummaries({ partitions }: RepairReport): RepairSummary[] {
  return [...Map.groupBy(partitions, ({ source }): Source => source)].map(([source, of]) => ({
    source,
    filled: of.reduce((sum, { filled }) => sum + filled, 0),
    newlyLost: countOf(of.flatMap(({ expired }) => expired)),
    open: countOf(of.flatMap(({ open }) => open)),
    failures: of.flatMap((one) => [
      ...(one.failure === null ? [] : [`${placeOf(one)}: ${one.failure}`]),
      // What no one has had the time for, or only a new event will tell, is no failure.
      ...one.open.flatMap(({ detail }) => (detail === null ? [] : [`${placeOf(one)}: ${detail}`])),
    ]),
  }));
}
