import { type Lake, type RenameAnswer, type Versioned } from '../../../src/lib/ledger/port';
import { parentOf } from '../../../src/lib/ledger/names';
import { type LedgerMover, type Moved } from '../../../src/lib/maintenance/archive/port';
import { type MaintenanceLake } from '../../../src/lib/maintenance/port';
import { MemoryStore } from '../../simulation/memory-store';
import { lakeOver, type Sender, type Wire } from '../../simulation/wire';
import { maintenanceLakeOver } from '../optimise/memory';

/** The file system in memory with times of modification, which a rename keeps as it keeps versions. */
export class TimedStore extends MemoryStore {
  readonly #now: () => number;
  readonly #times = new WeakMap<Versioned, number>();

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  override stage(path: string, bytes: Buffer): void {
    super.stage(path, bytes);
    this.#written(path);
  }

  override swap(path: string, bytes: Buffer, etag: string | null): { etag: string } | 'overtaken' {
    const swapped = super.swap(path, bytes, etag);
    if (swapped !== 'overtaken') this.#written(path);
    return swapped;
  }

  modifiedAt(path: string): number {
    const file = this.files.get(path);
    return file === undefined ? 0 : (this.#times.get(file) ?? 0);
  }

  move(from: string, etag: string, to: string): Moved {
    const file = this.files.get(from);
    if (file === undefined) return 'gone';
    if (file.etag !== etag) return 'changed';
    const answer: RenameAnswer = this.rename(from, to);
    return answer === 'renamed' ? 'moved' : answer === 'parent_missing' ? answer : 'taken';
  }

  #written(path: string): void {
    const file = this.files.get(path);
    if (file !== undefined) this.#times.set(file, this.#now());
  }
}

/** A process that has staged a file may sleep for any time before it goes on. */
const sleep = (wire: Wire, sender: Sender): Promise<void> =>
  wire.send(sender, 'sleeps', () => undefined).catch(() => undefined);

/** As maintenance sees it over the wire, with the times. */
export function timedFilesOver(wire: Wire, sender: Sender, store: TimedStore): MaintenanceLake {
  const files = maintenanceLakeOver(wire, sender, store);
  return {
    ...files,
    async stageBlocks(path, blocks) {
      await files.stageBlocks(path, blocks);
      await sleep(wire, sender);
    },
    async *list(folder) {
      for await (const file of files.list(folder)) yield { ...file, modifiedAt: store.modifiedAt(file.path) };
    },
  };
}

export function moverOver(wire: Wire, sender: Sender, store: TimedStore): LedgerMover {
  return {
    move: (from, etag, to) => wire.send(sender, `move to ${parentOf(to)}`, () => store.move(from, etag, to)),
  };
}

/**
 * Commits that are under way: swaps that were sent and not applied yet. A day passes only while there is none, since none is
 * under way for a day: its sender gives it up within minutes.
 */
export class Commits {
  readonly #underWay = new Map<object, Sender>();

  get some(): boolean {
    // Of a dead process none is sent again; what it had sent is among the late requests, or was never applied.
    return [...this.#underWay.values()].some(({ alive }) => alive);
  }

  lakeOver(wire: Wire, sender: Sender, store: MemoryStore): Lake {
    const lake = lakeOver(wire, sender, store);
    return {
      ...lake,
      stage: async (path, bytes) => {
        await lake.stage(path, bytes);
        await sleep(wire, sender);
      },
      swap: async (path, bytes, etag) => {
        const token = {};
        this.#underWay.set(token, sender);
        try {
          return await lake.swap(path, bytes, etag);
        } finally {
          this.#underWay.delete(token);
        }
      },
    };
  }
}
