import { type Source } from '../../decode/event';
import { DAY_MS } from '../../time';
import { type Absent, type DayFigures, type Place } from '../completeness/days';

/** What `_system/complete/{source}/YYYY/MM/DD.json` tells of a UTC day of a source, once it is closed. */
export interface Marker extends Omit<DayFigures, 'isUnsettled'> {
  readonly source: Source;
  /** When the proof was begun, by the storage service's clock, UTC ms. */
  readonly provedAt: number;
}

interface MarkerJson extends Omit<Marker, 'day' | 'missing' | 'lost' | 'partitions' | 'provedAt'> {
  readonly format: number;
  readonly day: string;
  readonly complete: boolean;
  readonly missing: AbsentJson;
  readonly lost: AbsentJson;
  readonly partitions: readonly (Place & Record<'first' | 'last', string> & Record<'events' | 'quarantined', number>)[];
  readonly provedTime: string;
}

interface AbsentJson {
  readonly count: number;
  readonly partitions: readonly (Place & { readonly ranges: readonly string[] })[];
}

/** The version that is written; a newer one is left alone. */
const FORMAT = 1;

/** Nothing of the day is missing or lost. */
export const isWhole = ({ missing, lost }: Pick<DayFigures, 'missing' | 'lost'>): boolean =>
  missing.count === 0 && lost.count === 0;

/** `2026-11-22`, of days since 1970. */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Whether a proof was begun before another one. The service tells whole seconds: within one, the one that is written last stays. */
export const isOlder = (begunAt: number, otherBegunAt: number): boolean => begunAt + 1_000 < otherBegunAt;

/** Whether two tell the same, whenever they were proved: what is not new is not written. */
export const tellsTheSame = (a: Marker, b: Marker): boolean =>
  formatMarker({ ...a, provedAt: 0 }).equals(formatMarker({ ...b, provedAt: 0 }));

/** As it is stored: JSON, sequence numbers as text (they are 64-bit), times in ISO 8601 UTC. */
export function formatMarker(marker: Marker): Buffer {
  const { source, day, events, quarantined, missing, lost, partitions, provedAt } = marker;
  const told = ({ count, partitions: of }: Absent): AbsentJson => ({
    count,
    partitions: of.map(({ ranges, ...place }) => ({
      ...placeJson(place),
      ranges: ranges.map(({ first, last }) => `${first}-${last}`),
    })),
  });
  const json: MarkerJson = {
    ...{ format: FORMAT, source, day: dayText(day), complete: isWhole(marker), events, quarantined },
    ...{ missing: told(missing), lost: told(lost) },
    partitions: partitions.map(({ first, last, events: lines, quarantined: some, ...place }) => ({
      ...placeJson(place),
      ...{ first: String(first), last: String(last), events: lines, quarantined: some },
    })),
    provedTime: new Date(provedAt).toISOString(),
  };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

const placeJson = ({ namespace, hub, incarnation, partition }: Place): Place => ({
  ...{ namespace, hub, incarnation, partition },
});

/** The inverse of {@link formatMarker}; null for what this program did not write, which is no loss: it is computed anew. */
export function parseMarker(bytes: Buffer): Marker | 'newer' | null {
  try {
    // Believed only if it is, to the byte, what would be written: see below.
    const json = JSON.parse(bytes.toString('utf8')) as MarkerJson;
    if (json.format > FORMAT) return 'newer';
    const marker: Marker = {
      ...{ source: json.source, day: Date.parse(json.day) / DAY_MS, events: json.events },
      ...{ quarantined: json.quarantined, missing: absentOf(json.missing), lost: absentOf(json.lost) },
      partitions: json.partitions.map((one) => ({
        ...placeJson(one),
        ...{ first: BigInt(one.first), last: BigInt(one.last), events: one.events, quarantined: one.quarantined },
      })),
      provedAt: Date.parse(json.provedTime),
    };
    return formatMarker(marker).equals(bytes) ? marker : null;
  } catch {
    return null;
  }
}

function absentOf(json: AbsentJson): Absent {
  const rangeOf = (text: string): { first: bigint; last: bigint } => {
    const [first = '', last = ''] = text.split('-');
    return { first: BigInt(first), last: BigInt(last) };
  };
  const partitions = json.partitions.map((one) => ({ ...placeJson(one), ranges: one.ranges.map(rangeOf) }));
  return { count: json.count, partitions };
}
