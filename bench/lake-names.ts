import { type Ledger } from '../src/lib/ledger/ledger';
import { formatLedger } from '../src/lib/ledger/ledger-json';
import { lineHead } from '../src/lib/ledger/line-head';
import { ledgerPath, nameOf } from '../src/lib/ledger/names';
import { type Lake } from '../src/lib/ledger/port';
import { type ListedFile, type MaintenanceLake } from '../src/lib/maintenance/port';

/**
 * A lake that is nothing but names: one closed day of one hub, its partitions' files by turns, made up while they are
 * listed. Whoever lists it is given a million names and no storage.
 */

const PARTITIONS = 32;
const EVENTS_A_FILE = 10;
const DAY = '2026/11/22';
const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2026, 10, 22);
const NAMESPACE = 'example.servicebus.windows.net';
const HUB = 'postgresql-changes';
/** Of so many runs, one has an event in quarantine. */
const QUARANTINED = 20;

/** When the day has been closed for long. */
export const LATER = BEGIN + 30 * DAY_MS;

export interface NamesLake {
  readonly lake: Lake;
  readonly files: MaintenanceLake;
  /** Every name once. */
  names(): AsyncIterable<unknown>;
}

/** @param runs how many files are in bronze; a twentieth more is in quarantine */
export function namesLake(runs: number): NamesLake {
  async function* list(folder: string): AsyncGenerator<ListedFile> {
    const [shelf = '', source] = folder.split('/');
    if (folder === '_system/ledger') yield* ledgers(runs).map((ledger) => file(ledgerPath(ledger), 1));
    if (source !== 'postgresql' || (shelf !== 'bronze' && shelf !== 'quarantine')) return;
    for (let run = 0; run < runs; run += 1) {
      const quarantined = run % QUARANTINED === 0 ? 1 : 0;
      const count = shelf === 'bronze' ? EVENTS_A_FILE - quarantined : quarantined;
      if (count > 0) yield file(`${shelf}/postgresql/${DAY}/${nameAt(run, runs, count)}`, count * 300);
      // A page at a time comes from the service.
      if (run % 5_000 === 0) await Promise.resolve();
    }
  }

  const written = new Map(ledgers(runs).map((ledger) => [ledgerPath(ledger), formatLedger(ledger)]));
  const refuse = (): never => {
    throw new Error('nothing is written here');
  };
  const lake: Lake = {
    list,
    read: (path) => Promise.resolve(written.has(path) ? { bytes: written.get(path) as Buffer, etag: '"e"' } : null),
    readHead: (path) => Promise.resolve(headOf(path)),
    exists: () => Promise.resolve(false),
    ...{ stage: refuse, swap: refuse, rename: refuse, makeFolder: refuse },
    ...{ sameBytes: refuse, readPiece: refuse, remove: refuse },
  };
  const files: MaintenanceLake = {
    list,
    async *folders(folder) {
      const depth = folder.split('/').length - 2;
      const name = folder.includes('/postgresql') ? DAY.split('/')[depth] : undefined;
      if (name !== undefined) yield await Promise.resolve(name);
    },
    ...{ look: refuse, readPiece: refuse, stageBlocks: refuse, removeVersion: refuse },
  };
  return {
    lake,
    files,
    async *names() {
      yield* list('bronze/postgresql');
      yield* list('quarantine/postgresql');
    },
  };
}

function file(path: string, bytes: number): ListedFile {
  return { path, bytes, etag: '"0x8DDA1B2C3D4E5F6"', modifiedAt: BEGIN };
}

function nameAt(run: number, runs: number, count: number): string {
  const stamp = new Date(BEGIN + Math.floor((run * DAY_MS) / runs)).toISOString().replace(/[-:.]/g, '');
  const first = Math.floor(run / PARTITIONS) * EVENTS_A_FILE;
  return `data_${stamp}_${run % PARTITIONS}_${first}-${first + EVENTS_A_FILE - 1}_${count}.json`;
}

function ledgers(runs: number): Ledger[] {
  return Array.from({ length: Math.min(PARTITIONS, runs) }, (_, partition): Ledger => {
    const own = Math.ceil((runs - partition) / PARTITIONS);
    return {
      ...{ source: 'postgresql', namespace: NAMESPACE, hub: HUB, incarnation: 1, partition: String(partition) },
      ...{ generation: 'g', hubCreatedAt: null, start: 0n, last: BigInt(own * EVENTS_A_FILE - 1) },
      ...{ lastEnqueuedAt: BEGIN + DAY_MS - 1, gaps: [], pending: [], successor: null },
      counters: { events: own * EVENTS_A_FILE, quarantined: 0, files: own, bytes: 0 },
    };
  });
}

function headOf(path: string): Buffer {
  const partition = nameOf(path).split('_')[2] ?? '';
  const head = lineHead({ source: 'postgresql', namespace: NAMESPACE, hub: HUB, incarnation: 1, partition });
  return Buffer.from(`${head},"sequenceNumber":0}`);
}
