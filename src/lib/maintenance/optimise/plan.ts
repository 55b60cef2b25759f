import { type Source } from '../../decode/event';
import { dataPath, type DataFile, type Incarnate, type Shelf } from '../../ledger/names';
import { type Group } from './groups';
import { type ShelvedFile } from './runs';

/** What a file holds, as read. */
export interface Content {
  readonly bytes: number;
  /** Lines. */
  readonly count: number;
  /** Of all bytes, in hexadecimal. */
  readonly sha256: string;
}

export interface PlanInput extends Content {
  readonly path: string;
  readonly etag: string;
}

export interface PlanOutput extends Content {
  readonly path: string;
  /** Where the merged file waits; it is renamed to `path` once, whoever does it. */
  readonly staged: string;
}

/**
 * One merging: these inputs become these outputs. The one thing that authorises anybody to delete an input, once every
 * output is in its place.
 */
export interface Plan extends Incarnate {
  readonly id: string;
  readonly source: Source;
  /** `2026/11/22` */
  readonly day: string;
  readonly first: bigint;
  readonly last: bigint;
  /** UTC ms */
  readonly plannedAt: number;
  /** How many pages a reader's listing turns from the name of an output to the last of its inputs, the first included. */
  readonly pages: number;
  readonly inputs: readonly PlanInput[];
  /** One for bronze, one for quarantine, or both: of the same first and last, with counts that add up. */
  readonly outputs: readonly PlanOutput[];
}

/** A plan that is in the lake, and the version it has there. */
export interface HeldPlan {
  readonly plan: Plan;
  readonly path: string;
  readonly etag: string;
}

export const SHELVES = ['bronze', 'quarantine'] as const;

/** The group's files on one shelf, in sequence order. */
export function filesOf(group: Group, shelf: Shelf): ShelvedFile[] {
  return group.flatMap((run) => run[shelf] ?? []);
}

/** What the file is called that the group's files on one shelf become; null when there are none. */
export function mergedFile(group: Group, shelf: Shelf): DataFile | null {
  const count = filesOf(group, shelf).reduce((total, { file }) => total + file.count, 0);
  if (count === 0) return null;
  const [{ firstEnqueuedAt, partition, incarnation, first }] = group;
  return { firstEnqueuedAt, partition, incarnation, first, last: group.at(-1)?.last ?? first, count };
}

/** Names in one page of a listing, at most. */
const PAGE_NAMES = 5_000;

/** See {@link Plan.pages}; by the listing that the group was made of. */
export function pagesOf(group: Group): number {
  const spans = SHELVES.map((shelf) => {
    const files = filesOf(group, shelf);
    return (files.at(-1)?.place ?? 0) - (files[0]?.place ?? 0);
  });
  return 1 + Math.floor(Math.max(...spans) / PAGE_NAMES);
}

/** Where it will be seen. */
export function mergedPath(source: Source, shelf: Shelf, file: DataFile): string {
  return dataPath(shelf, source, file);
}

/** Where merged files of a partition's day wait, with `/` at its end: beside the folders of namespaces, for the same sweep. */
export function mergeFolder(source: Source, day: string, partition: string): string {
  return `_system/staging/optimise/${source}/${day.replaceAll('/', '-')}/${partition}/`;
}
