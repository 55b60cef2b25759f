import { deferred } from '../storage/deferred';

export type Direction = 'send' | 'receive';

/** Links, by what they are for; all where nothing is said. */
export interface LinkFilter {
  readonly hub?: string;
  readonly partition?: string;
  readonly direction?: Direction;
}

/** What a fault does to the operation it strikes. */
export type FaultKind = 'serverBusy' | 'loseAcknowledgement' | 'dropLink' | 'cutConnection' | 'delay';

/** Which operations a fault strikes, and how. A batch sent is one; so is each handing over of events to a consumer. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** For `delay`: how much later the operation is carried out; 1,000 when left out. */
  readonly ms?: number;
  readonly on: Direction | 'any';
  readonly hub?: string;
  readonly partition?: string;
  /** Matching operations that pass before the first is struck; 0 when left out. */
  readonly skip?: number;
  /** Operations struck; 1 when left out, `Infinity` for all. */
  readonly times?: number;
}

/** An operation that is about to be carried out. */
export interface Operation {
  readonly direction: Direction;
  readonly hub: string;
  readonly partition: string;
}

/** A fault that was added. */
export interface Fault {
  /** Operations struck so far. */
  readonly hits: number;
  /** Resolves when the first is struck. */
  readonly reached: Promise<void>;
  /** Strikes no more. */
  remove(): void;
}

/** Whether `rule` is about this operation; says nothing of `skip` and `times`. */
export function matches(rule: FaultRule, { direction, hub, partition }: Operation): boolean {
  if (rule.kind === 'loseAcknowledgement' && direction === 'receive') return false;
  if (rule.on !== 'any' && rule.on !== direction) return false;
  if (rule.hub !== undefined && rule.hub.toLowerCase() !== hub.toLowerCase()) return false;
  return rule.partition === undefined || rule.partition === partition;
}

/** The counting side of a fault: decides whether a matching operation is struck. */
export class ArmedFault implements Fault {
  readonly rule: FaultRule;
  readonly #reached = deferred();
  #skipped = 0;
  #hits = 0;
  #removed = false;

  /** @throws Error for a rule that can strike nothing */
  constructor(rule: FaultRule) {
    if (rule.kind === 'loseAcknowledgement' && rule.on === 'receive')
      throw new Error('loseAcknowledgement: consumers are sent no acknowledgement; expected "on": "send" or "any"');
    this.rule = rule;
  }

  get hits(): number {
    return this.#hits;
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Whether it can strike yet. */
  get active(): boolean {
    return !this.#removed && this.#hits < (this.rule.times ?? 1);
  }

  /** Whether this matching operation is struck; counts it either way. */
  strike(): boolean {
    if (!this.active) return false;
    if (this.#skipped < (this.rule.skip ?? 0)) {
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
