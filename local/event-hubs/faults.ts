import { ArmedFault, matches, type Fault, type FaultRule, type LinkFilter, type Operation } from './fault-rules';
import { type Links } from './links';
import { detachForced } from './refusals';

export * from './fault-rules';

/** Makes the hub fail where a test says so. */
export interface HubFaults {
  /**
   * Rules are asked in the order they were added; the first that strikes wins.
   *
   * @throws Error for a rule that can strike nothing
   */
  add(rule: FaultRule): Fault;
  /** Forgets every rule. */
  clear(): void;
  /** Detaches links now, as the service does when it moves a partition. Returns how many. */
  dropLinks(filter?: LinkFilter): number;
  /** Cuts every connection now. Returns how many. */
  cutConnections(): number;
}

export class Faults implements HubFaults {
  readonly #links: Links;
  #armed: ArmedFault[] = [];

  constructor(links: Links) {
    this.#links = links;
  }

  /** Those added and not cleared, in that order. */
  get armed(): readonly ArmedFault[] {
    return this.#armed;
  }

  add(rule: FaultRule): ArmedFault {
    const fault = new ArmedFault(rule);
    this.#armed.push(fault);
    return fault;
  }

  clear(): void {
    for (const fault of this.#armed) fault.remove();
    this.#armed = [];
  }

  dropLinks(filter: LinkFilter = {}): number {
    return this.#links.drop(filter, detachForced());
  }

  cutConnections(): number {
    return this.#links.cutConnections();
  }

  /** The rule that strikes this operation; null when none does. */
  strike(operation: Operation): FaultRule | null {
    if (this.#armed.length === 0) return null;
    return this.#armed.find((fault) => matches(fault.rule, operation) && fault.strike())?.rule ?? null;
  }
}
