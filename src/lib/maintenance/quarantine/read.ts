import { type Source } from '../../decode/event';
import { shelfOf, type DeepFile } from '../deep/deep-file';
import { LineCutter } from '../../lines';
import { closedDays } from '../optimise/days';
import { InputGone, piecesOf } from '../optimise/pieces';
import { type MaintenanceLake } from '../port';
import { readQuarantineLine, type QuarantinedEvent } from './event';
import { isSameEvent, replayOf, type EventId } from './id';
import { type Range, Ranges } from '../../ranges';

/** What of quarantine is asked for. */
export interface QuarantineScope {
  readonly sources: readonly Source[];
  /** First and last day folder (`2026/11/22`), both included; null for no bound. */
  readonly from: string | null;
  readonly to: string | null;
}

/** An event, and the day folder that holds it. */
export interface Found {
  readonly day: string;
  readonly event: QuarantinedEvent;
}

/** Why a line is left out: it is none of ours, or of a newer format, which this version does not read. */
export type LeftOut = 'damaged' | 'newer_format';

/** Told of each line that is left out. */
export type OnLeftOut = (path: string, why: LeftOut) => void;

/**
 * Quarantined events, each once, a line in memory at a time, whatever the optimiser does meanwhile.
 *
 * @throws PipelineError STORAGE_FAILED
 */
export async function* quarantined(
  lake: MaintenanceLake,
  { sources, from, to }: QuarantineScope,
  onLeftOut: OnLeftOut,
): AsyncGenerator<Found> {
  for (const source of sources) {
    for (const day of await closedDays(lake, source, Infinity)) {
      if ((from !== null && day < from) || (to !== null && day > to)) continue;
      for await (const event of eventsOfDay(lake, source, day, () => true, onLeftOut)) yield { day, event };
    }
  }
}

/** The event of that name; null when quarantine does not hold it. Names tell which files to look into. */
export async function findQuarantined(
  lake: MaintenanceLake,
  id: EventId,
  onLeftOut: OnLeftOut,
): Promise<QuarantinedEvent | null> {
  const mayHold = ({ file }: DeepFile): boolean =>
    file.partition === id.partition &&
    file.incarnation === id.incarnation &&
    file.first <= id.sequence &&
    file.last >= id.sequence;
  for (const day of await closedDays(lake, id.source, Infinity)) {
    for await (const event of eventsOfDay(lake, id.source, day, mayHold, onLeftOut)) {
      if (isSameEvent(event.id, id)) return event;
    }
  }
  return null;
}

/** How many files are read ahead of each other. */
const FILES_AT_ONCE = 64;

async function* eventsOfDay(
  lake: MaintenanceLake,
  source: Source,
  day: string,
  isWanted: (file: DeepFile) => boolean,
  onLeftOut: OnLeftOut,
): AsyncGenerator<QuarantinedEvent> {
  const read = new ReadSoFar();
  for (;;) {
    try {
      let files: DeepFile[] = [];
      for await (const file of shelfOf(lake, 'quarantine', source, day)) {
        if (isWanted(file)) files.push(file);
        if (files.length < FILES_AT_ONCE) continue;
        yield* eventsOfFiles(lake, files, read, onLeftOut);
        files = [];
      }
      yield* eventsOfFiles(lake, files, read, onLeftOut);
      return;
    } catch (error) {
      // It was merged: the day is listed again, and what was read before is passed over.
      if (!(error instanceof InputGone)) throw error;
    }
  }
}

async function* eventsOfFiles(
  lake: MaintenanceLake,
  files: readonly DeepFile[],
  read: ReadSoFar,
  onLeftOut: OnLeftOut,
): AsyncGenerator<QuarantinedEvent> {
  let cutter = new LineCutter();
  let last: EventId | null = null;
  for await (const { of, bytes, isLast } of piecesOf(lake, files)) {
    for (const line of cutter.cut(bytes)) {
      const event = line === null ? null : readQuarantineLine(line);
      if (event === null || event === 'newer_format') {
        onLeftOut(of.path, event ?? 'damaged');
        continue;
      }
      if (!read.has(event.id)) {
        yield event;
        // One by one while the file may still go; as a whole at its end.
        read.add(event.id, { first: event.id.sequence, last: event.id.sequence });
      }
      last = event.id;
    }
    if (!isLast) continue;
    if (cutter.isTorn) onLeftOut(of.path, 'damaged');
    if (last !== null) read.add(last, of.file);
    cutter = new LineCutter();
    last = null;
  }
}

/** Which events of a day were read, as stretches of numbers: a file's once it was read to its end. */
class ReadSoFar {
  readonly #byOwner = new Map<string, Ranges>();

  add(of: EventId, { first, last }: Range): void {
    const key = replayOf({ ...of, sequence: 0n });
    const ranges = this.#byOwner.get(key) ?? new Ranges();
    ranges.add({ first, last });
    this.#byOwner.set(key, ranges);
  }

  has(id: EventId): boolean {
    const ranges = this.#byOwner.get(replayOf({ ...id, sequence: 0n }));
    return ranges?.missingOf({ first: id.sequence, last: id.sequence }).length === 0;
  }
}
