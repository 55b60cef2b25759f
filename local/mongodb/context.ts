import { type Cursors } from './cursors';
import { type ReplicaSet } from './replica-set';
import { type Sessions } from './sessions';
import { type Store } from './store';

/** What every command works with. */
export interface Server {
  readonly store: Store;
  readonly cursors: Cursors;
  readonly sessions: Sessions;
  readonly replicaSet: ReplicaSet;
  /** `host:port` of this member, as clients are to connect. */
  readonly address: string;
  /** Of all members; the first is the one that can be primary. */
  readonly hosts: readonly string[];
  readonly processId: Buffer;
  /** UTC, milliseconds since 1970. */
  readonly now: () => number;
  /** 16 random bytes with the marks of a UUID. */
  readonly newUuid: () => Buffer;
  readonly log: (line: string) => void;
}

/** And what the connection adds that it came by. */
export interface Context extends Server {
  readonly connectionId: number;
  /** Aborted when the connection ends. */
  readonly signal: AbortSignal;
}

/** Whether this member takes writes. */
export const isPrimary = ({ address, hosts, replicaSet }: Pick<Server, 'address' | 'hosts' | 'replicaSet'>): boolean =>
  replicaSet.isPrimary && address === hosts[0];
