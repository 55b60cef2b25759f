import { createHash } from 'node:crypto';
import { type HubPartition, type Source } from '../decode/event';
import { dayFolder, formatStamp, parseStamp } from '../time';

// Every path of the lake is built here, from our own values and the hub's names (checked when a delivery is read).

/** The two places where readers find events. */
export type Shelf = 'bronze' | 'quarantine';

/** What a data file's name says. */
export interface DataFile {
  /** The first event's enqueued time, UTC ms; all events of the file are of its UTC day. */
  readonly firstEnqueuedAt: number;
  readonly partition: string;
  readonly incarnation: number;
  /** The first sequence number of the run; a run's bronze and quarantine files bear the same. */
  readonly first: bigint;
  readonly last: bigint;
  /** Lines in the file. */
  readonly count: number;
}

/** One incarnation of a hub partition. */
export interface Incarnate extends HubPartition {
  readonly incarnation: number;
}

/** `data_20261122T235959998Z_3_41207-41300_94.json`; incarnations after the first are named: `…_3_i2_0-93_94.json`. */
export function formatName(file: DataFile): string {
  const incarnation = file.incarnation === 1 ? '' : `_i${file.incarnation}`;
  const range = `${file.first}-${file.last}`;
  return `data_${formatStamp(file.firstEnqueuedAt)}_${file.partition}${incarnation}_${range}_${file.count}.json`;
}

const NAME =
  /^data_(?<stamp>\d{8}T\d{9}Z)_(?<partition>\d+)(?:_i(?<inc>\d+))?_(?<first>\d+)-(?<last>\d+)_(?<count>\d+)\.json$/;

/** The inverse of {@link formatName}; null when `name` is not one that this program writes. */
export function parseName(name: string): DataFile | null {
  const parts = NAME.exec(name)?.groups as Record<string, string> | undefined;
  if (parts === undefined) return null;
  const { stamp = '', partition = '', inc = '1', first = '', last = '', count = '' } = parts;
  const firstEnqueuedAt = parseStamp(stamp);
  if (firstEnqueuedAt === null) return null;
  const file = {
    firstEnqueuedAt,
    partition,
    incarnation: Number(inc),
    first: BigInt(first),
    last: BigInt(last),
    count: Number(count),
  };
  return formatName(file) === name && file.last >= file.first ? file : null;
}

/** `bronze/postgresql/2026/11/22` */
export function dayPath(shelf: Shelf, source: Source, day: string): string {
  return `${shelf}/${source}/${day}`;
}

/** `bronze/postgresql/2026/11/22/data_….json` */
export function dataPath(shelf: Shelf, source: Source, file: DataFile): string {
  return `${dayPath(shelf, source, dayFolder(file.firstEnqueuedAt))}/${formatName(file)}`;
}

/** The folder of a partition's staged files, with `/` at its end. */
export function stagingFolder(of: Incarnate): string {
  return `_system/staging/${of.namespace}/${of.hub}/${of.incarnation}/${of.partition}/`;
}

/** Where a file waits for its commit. `id` makes the name the attempt's own; letters, digits and hyphens. */
export function stagedPath(of: Incarnate, id: string, shelf: Shelf, file: DataFile): string {
  return `${stagingFolder(of)}${id}_${shelf}_${formatName(file)}`;
}

/** The inverse of the name in {@link stagedPath}; null for a stranger. */
export function parseStagedName(name: string): { id: string; shelf: Shelf; file: DataFile } | null {
  const match = /^([0-9A-Za-z-]+)_(bronze|quarantine)_(.+)$/.exec(name);
  const file = match === null ? null : parseName(match[3] as string);
  return match === null || file === null ? null : { id: match[1] as string, shelf: match[2] as Shelf, file };
}

/** The ledger of one incarnation of a hub partition. */
export function ledgerPath(of: Incarnate): string {
  return `_system/ledger/${of.namespace}/${of.hub}/${of.incarnation}/${of.partition}.json`;
}

/** The gaps of one incarnation of a hub partition that were given up for good. */
export function closedGapsPath(of: Incarnate): string {
  return `_system/gaps/${of.namespace}/${of.hub}/${of.incarnation}/${of.partition}.json`;
}

/** The folder of a hub's ledgers, of all its incarnations and partitions. */
export function ledgerFolder(namespace: string, hub: string): string {
  return `_system/ledger/${namespace}/${hub}`;
}

/** Where the ledger waits while its hub is gone; at one of the two places, never at both. */
export function archivedLedgerPath(of: Incarnate): string {
  return `_system/ledger-archive/${of.namespace}/${of.hub}/${of.incarnation}/${of.partition}.json`;
}

/** Where the bytes of a ledger that was rebuilt are kept, for whoever wants to know what had happened. */
export function replacedLedgerPath(of: Incarnate, id: string): string {
  return `_system/ledger-replaced/${of.namespace}/${of.hub}/${of.incarnation}/${of.partition}_${id}.json`;
}

/** The plan that may be merging a partition's files of a day (`2026/11/22`). */
export function planPath(source: Source, day: string, partition: string): string {
  return `_system/optimise/${source}/${day.replaceAll('/', '-')}/${partition}.json`;
}

/** Where what is known of a source's days is told. */
export function markersFolder(source: Source): string {
  return `_system/complete/${source}`;
}

/** What is known of one day (`2026/11/22`) of a source: whether all of it is in the lake. */
export function markerPath(source: Source, day: string): string {
  return `${markersFolder(source)}/${day}.json`;
}

/** Up to when a source is complete. */
export function throughPath(source: Source): string {
  return `${markersFolder(source)}.json`;
}

/** Runs of maintenance that go on one at a time. */
export type RunName = 'weekly' | 'daily';

/** Whose lease says who looks after the lake at the moment. */
export function lockPath(name: RunName): string {
  return `_system/maintenance/${name}.lock`;
}

/** What became of the last such run. */
export function runRecordPath(name: RunName): string {
  return `_system/maintenance/${name}.json`;
}

/** Where the plans of a day (`2026/11/22`) are, one for each partition. */
export function planFolder(source: Source, day: string): string {
  return `_system/optimise/${source}/${day.replaceAll('/', '-')}`;
}

/** Where the records of a source's quarantined events are that were sent again. */
export function replayedFolder(source: Source): string {
  return `_system/replayed/${source}`;
}

/** What was done to send one quarantined event again. */
export function replayedPath(source: Source, of: Incarnate, sequence: bigint): string {
  return `${replayedFolder(source)}/${of.namespace}/${of.hub}/${of.incarnation}/${of.partition}/${sequence}.json`;
}

/** Where an event lies that is too large for the hub; `eventId` is the sender's name for it, and alone decides the path. */
export function claimPath(source: Source, eventId: string): string {
  return `claims/${source}/${createHash('sha256').update(eventId).digest('hex')}.json`;
}

/** Where capture notes how far it has come with a database; `name` as the settings have it: letters, digits, `_`, `-`. */
export function capturePath(source: Source, name: string): string {
  return `_system/capture/${source}/${name}.json`;
}

/** Where capture keeps the definitions of a PostgreSQL database's tables; a name has no dot. */
export function definitionsPath(name: string): string {
  return `_system/capture/postgresql/${name}.tables.json`;
}

/** Where the markers of a database's histories are, one for each that was begun. */
export function historyFolder(source: Source, name: string): string {
  return `_system/capture-histories/${source}/${name}`;
}

export function historyPath(source: Source, name: string, history: number): string {
  return `${historyFolder(source, name)}/${String(history).padStart(HISTORY_DIGITS, '0')}.json`;
}

/** The inverse of {@link historyPath}: the number of the history; null for anything else. */
export function historyOf(path: string): number | null {
  const digits = /\/(\d{10})\.json$/.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}

const HISTORY_DIGITS = 10;

/** Where what was kept of a database's capture is put aside when it begins anew. */
export function replacedCapturePath(source: Source, name: string, id: string): string {
  return `_system/capture-replaced/${source}/${name}_${id}.json`;
}

/** What an instance saw lately; `instance` is the process's own name: letters, digits and hyphens. */
export function observedPath(instance: string): string {
  return `${OBSERVED_FOLDER}/${instance}.json`;
}

/** Where instances leave what they saw lately. */
export const OBSERVED_FOLDER = '_system/observed';

/** The last part of `path`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder that holds `path`. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
