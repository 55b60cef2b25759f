import { type Server } from './context';
import { interruptedByStepDown } from './errors';
import { ArmedFault, matches, type Fault, type FaultRule, type Struck } from './fault-rules';
import { type Sockets } from './sockets';

export { type Fault, type FaultKind, type FaultRule } from './fault-rules';

/** Makes the server fail where a test says so. */
export interface MongoFaults {
  /**
   * Rules are asked in the order they were added; the first that strikes wins.
   *
   * @throws Error for a rule that says too little
   */
  add(rule: FaultRule): Fault;
  /** Forgets every rule. */
  clear(): void;
  /** Cuts every connection now. Returns how many. */
  cutConnections(): number;
  /**
   * Closes cursors, as a time-out does: the next getMore finds none (43). One that waits is answered with an empty batch.
   * Returns how many; of change streams alone where nothing else is said.
   */
  killCursors(which?: 'changeStreams' | 'all'): number;
  /** The server is secondary until `stepUp`: it takes no writes (10107), and getMores that wait are interrupted (11602). */
  stepDown(): void;
  /** The server is elected again. */
  stepUp(): void;
  /** Lets go of all but the newest `keep` entries of the oplog, none when left out. Returns how many went. */
  truncateOplog(keep?: number): number;
  /**
   * From now on the oplog holds so many entries at most, and none older than the newest by more than `windowMs`. Older ones are let go
   * at once, and whenever something is written.
   */
  limitOplog(limit: OplogLimit): void;
  /**
   * What is written from now on reaches neither the secondary nor a majority: reads from there, reads of level `majority` and change
   * streams see none of it, and wait where they carry an `afterClusterTime`. Writes are acknowledged all the same.
   */
  holdReplication(): void;
  /** Everything is replicated again. */
  resumeReplication(): void;
}

export interface OplogLimit {
  readonly entries?: number;
  readonly windowMs?: number;
}

export class Faults implements MongoFaults {
  readonly #server: Server;
  readonly #secondary: Server | null;
  readonly #sockets: Sockets;
  #armed: ArmedFault[] = [];

  constructor(server: Server, secondary: Server | null, sockets: Sockets) {
    this.#server = server;
    this.#secondary = secondary;
    this.#sockets = sockets;
  }

  add(rule: FaultRule): Fault {
    const fault = new ArmedFault(rule);
    this.#armed.push(fault);
    return fault;
  }

  clear(): void {
    for (const fault of this.#armed) fault.remove();
    this.#armed = [];
  }

  /** The rule that strikes this command; null when none does. */
  strike(command: Struck): FaultRule | null {
    return this.#armed.find((fault) => matches(fault.rule, command) && fault.strike())?.rule ?? null;
  }

  cutConnections(): number {
    return this.#sockets.cutAll();
  }

  killCursors(which: 'changeStreams' | 'all' = 'changeStreams'): number {
    let killed = 0;
    for (const { cursors } of [this.#server, this.#secondary ?? []].flat())
      for (const cursor of cursors.open) {
        if (which === 'changeStreams' && !cursor.isChangeStream) continue;
        cursors.remove(cursor);
        cursor.interrupt(null);
        killed += 1;
      }
    return killed;
  }

  stepDown(): void {
    const { replicaSet, sessions, cursors } = this.#server;
    if (replicaSet.name === null) throw new Error('only the primary of a replica set can step down');
    replicaSet.stepDown();
    sessions.abortAll();
    cursors.interruptAll(interruptedByStepDown());
  }

  stepUp(): void {
    const { replicaSet, store } = this.#server;
    const term = store.term + 1;
    store.commit([{ kind: 'noop', message: 'new primary', term }]);
    store.flush();
    replicaSet.stepUp(term);
  }

  truncateOplog(keep = 0): number {
    return this.#server.store.truncateOplog(keep);
  }

  limitOplog({ entries, windowMs }: OplogLimit): void {
    const { oplog } = this.#server.store;
    oplog.limit({ ...(entries === undefined ? {} : { entries }), ...(windowMs === undefined ? {} : { windowMs }) });
  }

  holdReplication(): void {
    this.#server.store.holdReplication();
  }

  resumeReplication(): void {
    this.#server.store.resumeReplication();
  }
}
