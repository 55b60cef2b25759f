import { type ReplicaSetView, type TopologyKind } from './handshake-reply';

/** The primary: this server, or none during an election. A standalone and a mongos are not replica sets. */
export class ReplicaSet {
  readonly kind: TopologyKind;
  readonly name: string | null;
  /** 12 bytes that are another for each set, and stay when it is started again from its folder. */
  readonly id: Buffer;
  #isPrimary = true;
  #term: number;
  /** Grows whenever what hello tells has changed. */
  #counter = 6n;
  readonly #watchers = new Set<() => void>();

  constructor(kind: TopologyKind, name: string | null, id: Buffer, term: number) {
    this.kind = kind;
    this.name = kind === 'replicaSet' ? name : null;
    this.id = id;
    this.#term = term;
  }

  get isPrimary(): boolean {
    return this.#isPrimary;
  }

  get view(): ReplicaSetView {
    return { kind: this.kind, name: this.name, isPrimary: this.#isPrimary, term: this.#term, counter: this.#counter };
  }

  stepDown(): void {
    this.#isPrimary = false;
    this.#changed();
  }

  stepUp(term: number): void {
    this.#isPrimary = true;
    this.#term = term;
    this.#changed();
  }

  /** Resolves once the counter is no longer that, the time is up, or the connection has ended. */
  async changedFrom(counter: bigint, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#counter !== counter || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = () => resolve(undefined);
    const timer = setTimeout(wake, ms);
    this.#watchers.add(wake);
    signal.addEventListener('abort', wake);
    await promise;
    clearTimeout(timer);
    this.#watchers.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  #changed(): void {
    this.#counter += 1n;
    for (const wake of [...this.#watchers]) wake();
  }
}
