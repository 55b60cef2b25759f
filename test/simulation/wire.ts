import { PipelineError } from '../../src/lib/errors';
import { type HubFacts } from '../../src/lib/hub/port';
import { type Lake } from '../../src/lib/ledger/port';
import { type MemoryStore } from './memory-store';

/**
 * What becomes of one request. A lost one was applied and its answer never came; a refused one was not applied; a late
 * one is given up by its sender and applied some time later; a repeated one was applied, its answer lost, and sent again
 * by the SDK. A crash takes the sender's whole process, before the request is applied or after.
 */
export type Fate = 'answered' | 'lost' | 'refused' | 'late' | 'repeated' | 'crash_before' | 'crash_after';

export const FATES: readonly Fate[] = [
  'answered',
  'lost',
  'refused',
  'late',
  'repeated',
  'crash_before',
  'crash_after',
];

/** Who sends requests: one process of the app. */
export interface Sender {
  readonly name: string;
  alive: boolean;
}

/** A request on its way, waiting for the schedule to decide on it. */
interface Waiting {
  readonly sender: Sender;
  readonly what: string;
  readonly apply: () => unknown;
  readonly answer: (value: unknown) => void;
  readonly fail: (error: Error) => void;
}

/** All requests under way between the processes and the store; nothing moves but by `deliver`. */
export class Wire {
  readonly #waiting: Waiting[] = [];
  readonly #late: (() => unknown)[] = [];
  readonly trace: string[] = [];
  /** How many requests were decided on so far. */
  decided = 0;

  send<T>(sender: Sender, what: string, apply: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ sender, what, apply, answer: resolve as (value: unknown) => void, fail: reject });
    });
  }

  get busy(): boolean {
    return this.#waiting.length > 0;
  }

  get hasLate(): boolean {
    return this.#late.length > 0;
  }

  /** Applies one request whose sender has given up on it. */
  applyLate(index: number): void {
    const [apply] = this.#late.splice(index % this.#late.length, 1);
    this.trace.push('a late request is applied');
    apply?.();
  }

  /** Decides on one waiting request. */
  deliver(index: number, fate: Fate): void {
    const [request] = this.#waiting.splice(index % this.#waiting.length, 1);
    if (request === undefined) return;
    this.decided += 1;
    this.trace.push(`${request.sender.name} ${request.what}: ${fate}`);
    switch (fate) {
      case 'answered':
        return request.answer(request.apply());
      case 'lost':
        request.apply();
        return request.fail(unanswered());
      case 'refused':
        return request.fail(unanswered());
      case 'late':
        this.#late.push(request.apply);
        return request.fail(unanswered());
      case 'repeated':
        request.apply();
        return request.answer(request.apply());
      case 'crash_before':
        return this.#crash(request.sender);
      case 'crash_after':
        request.apply();
        return this.#crash(request.sender);
      default:
        return fate satisfies never;
    }
  }

  /** The process is gone: nobody waits for its requests any more, and each may or may not have arrived. */
  #crash(sender: Sender): void {
    sender.alive = false;
    for (const request of this.#waiting.filter((waiting) => waiting.sender === sender)) {
      this.#waiting.splice(this.#waiting.indexOf(request), 1);
      this.#late.push(request.apply);
    }
  }
}

function unanswered(): Error {
  return new PipelineError('STORAGE_FAILED', 'no answer', { retryable: true });
}

/** The lake as one process sees it over the wire. */
export function lakeOver(wire: Wire, sender: Sender, store: MemoryStore): Lake {
  const short = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  return {
    stage: (path, bytes) => wire.send(sender, `stage ${short(path)}`, () => store.stage(path, bytes)),
    read: (path) => wire.send(sender, `read ${short(path)}`, () => store.read(path)),
    swap: (path, bytes, etag) =>
      wire.send(sender, `swap ${short(path)} at ${etag}`, () => store.swap(path, bytes, etag)),
    rename: (from, to) => wire.send(sender, `rename to ${short(to)}`, () => store.rename(from, to)),
    makeFolder: (path) => wire.send(sender, `make ${path}`, () => store.makeFolder(path)),
    exists: (path) => wire.send(sender, `exists ${short(path)}`, () => store.exists(path)),
    sameBytes: (a, b) => wire.send(sender, `same ${short(b)}`, () => store.sameBytes(a, b)),
    readHead: (path, length) => wire.send(sender, `head ${short(path)}`, () => store.readHead(path, length)),
    readPiece: (path, offset, length) =>
      wire.send(sender, `read ${short(path)}`, () => store.readPiece(path, offset, length)),
    remove: (path, etag) => wire.send(sender, `remove ${short(path)}`, () => store.remove(path, etag)),
    async *list(folder) {
      yield* await wire.send(sender, `list ${folder}`, () => store.list(folder));
    },
  };
}

/** The hub's management as one process sees it. */
export function hubFactsOver(wire: Wire, sender: Sender, createdAt: () => number): HubFacts {
  return { createdAt: (hub) => wire.send(sender, `created at ${hub}`, createdAt) };
}
