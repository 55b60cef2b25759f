import { type Source } from '../../decode/event';
import { throughPath } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { type Through } from '../completeness/frontier';
import { isOlder } from './marker';
import { type Totals } from './report';

/** What `_system/complete/{source}.json` tells. */
export interface Summary {
  readonly source: Source;
  readonly through: Through;
  /** When the proof was begun, by the storage service's clock, UTC ms. */
  readonly computedAt: number;
  readonly totals: Totals;
}

const FORMAT = 1;

interface SummaryJson {
  readonly format: number;
  readonly source: Source;
  readonly completeThrough: string | null;
  readonly why: readonly string[];
  readonly computedTime: string;
  readonly totals: Totals;
}

/** As it is stored: JSON, times in ISO 8601 UTC. */
export function formatSummary({ source, through, computedAt, totals }: Summary): Buffer {
  const json: SummaryJson = {
    ...{ format: FORMAT, source },
    completeThrough: through.at === null ? null : new Date(through.at).toISOString(),
    ...{ why: through.why, computedTime: new Date(computedAt).toISOString(), totals },
  };
  return Buffer.from(`${JSON.stringify(json, null, 1)}\n`);
}

/** The inverse of {@link formatSummary}; null for what this program did not write, which is no loss: it is computed anew. */
export function parseSummary(bytes: Buffer): Summary | 'newer' | null {
  try {
    // Believed only if it is, to the byte, what would be written: see below.
    const json = JSON.parse(bytes.toString('utf8')) as SummaryJson;
    if (json.format > FORMAT) return 'newer';
    const at = json.completeThrough === null ? null : Date.parse(json.completeThrough);
    const summary: Summary = {
      ...{ source: json.source, through: { at, why: json.why } },
      ...{ computedAt: Date.parse(json.computedTime), totals: json.totals },
    };
    return formatSummary(summary).equals(bytes) ? summary : null;
  } catch {
    return null;
  }
}

/** What the last run told of a source; null where none did, or not in words that this version knows. */
export async function readSummary(lake: Lake, source: Source): Promise<Summary | null> {
  const found = await lake.read(throughPath(source));
  const summary = found === null ? null : parseSummary(found.bytes);
  return summary === 'newer' ? null : summary;
}

/** Replaces the summary; `'overtaken'` when the one that is there is of a newer proof, or of a newer version. */
export async function writeSummary(lake: Lake, summary: Summary): Promise<'written' | 'overtaken'> {
  const path = throughPath(summary.source);
  const found = await lake.read(path);
  const before = found === null ? null : parseSummary(found.bytes);
  if (before === 'newer' || (before !== null && isOlder(summary.computedAt, before.computedAt))) return 'overtaken';
  const swapped = await lake.swap(path, formatSummary(summary), found?.etag ?? null);
  return swapped === 'overtaken' ? 'overtaken' : 'written';
}
