import { deferred } from '../storage/deferred';

/** What a fault does to the command it strikes. */
export type FaultKind = 'refuse' | 'loseReply' | 'cutConnection' | 'delay';

/** Which commands a fault strikes, and how. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** A command's name, `getMore`; `any` for all but those by which clients watch the server (`hello`, `isMaster`). */
  readonly on: string;
  /** For `refuse`: the error's code; labels are those that the server gives to it. */
  readonly code?: number;
  /** For `refuse`: the error's text. */
  readonly message?: string;
  /** For `refuse`: other labels than those. */
  readonly labels?: readonly string[];
  /** For `delay`: how much later the command is carried out; 1,000 when left out. */
  readonly ms?: number;
  /** Only commands on that collection; a getMore is one on its cursor's. */
  readonly collection?: string;
  /** Only commands on that database. */
  readonly database?: string;
  /** Only aggregations with that stage, `$changeStreamSplitLargeEvent`. */
  readonly stage?: string;
  /** Only change streams that are opened with that option, `startAfter`. */
  readonly option?: string;
  /** Only change streams that are opened on that much. */
  readonly scope?: 'collection' | 'database' | 'deployment';
  /** Only what change streams do (open, getMore), or (false) only what they do not. */
  readonly changeStream?: boolean;
  /** Matching commands that pass before the first is struck; 0 when left out. */
  readonly skip?: number;
  /** Commands struck; 1 when left out, `Infinity` for all. */
  readonly times?: number;
}

/** A fault that was added. */
export interface Fault {
  /** Commands struck so far. */
  readonly hits: number;
  /** Resolves when the first is struck. */
  readonly reached: Promise<void>;
  /** Strikes no more. */
  remove(): void;
}

/** A command that is about to be carried out. */
export interface Struck {
  readonly name: string;
  readonly collection: string | undefined;
  readonly database: string;
  /** Of an aggregation: the names of its stages. */
  readonly stages: readonly string[];
  /** Of a change stream that is opened: the names of its options, and what it watches. */
  readonly options: readonly string[];
  readonly scope: FaultRule['scope'];
  readonly changeStream: boolean;
}

const WATCHING = ['hello', 'isMaster', 'ismaster'];

/** Whether `rule` is about this command; says nothing of `skip` and `times`. */
export function matches(rule: FaultRule, command: Struck): boolean {
  const { name, collection, database, stages, options, scope, changeStream } = command;
  if (rule.on === 'any' ? WATCHING.includes(name) : rule.on !== name) return false;
  if (rule.stage !== undefined && !stages.includes(rule.stage)) return false;
  if (rule.option !== undefined && !options.includes(rule.option)) return false;
  return (
    isOrAny(rule.collection, collection) &&
    isOrAny(rule.database, database) &&
    isOrAny(rule.scope, scope) &&
    isOrAny(rule.changeStream, changeStream)
  );
}

const isOrAny = <T>(wanted: T | undefined, found: T | undefined): boolean => wanted === undefined || wanted === found;

/** The counting side of a fault: decides whether a matching command is struck. */
export class ArmedFault implements Fault {
  readonly rule: FaultRule;
  readonly #reached = deferred();
  #skipped = 0;
  #hits = 0;
  #removed = false;

  /** @throws Error for a rule that says too little */
  constructor(rule: FaultRule) {
    if (rule.kind === 'refuse' && rule.code === undefined)
      throw new Error('refuse: found no code; expected the code of the error');
    this.rule = rule;
  }

  get hits(): number {
    return this.#hits;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Whether this matching command is struck; counts it either way. */
  strike(): boolean {
    const { times = 1, skip = 0 } = this.rule;
    if (this.#removed || this.#hits >= times) return false;
    if (this.#skipped < skip) {
      this.#skipped += 1;
      return false;
    }
    this.#hits += 1;
    this.#reached.resolve(undefined);
    return true;
  }

  remove(): void {
    this.#removed = true;
  }
}
