import { type HubPresence, type Presence } from './port';
import { sameName, type RecordName } from './name';
import { foreignHub, type Foreign, type Scope } from './scope';

/** Proofs of death, and the one of a legacy record that nothing reads any more. */
export type Removal = 'hub_gone' | 'group_gone' | 'partition_gone' | 'legacy_superseded';

export type Stay =
  | 'not_a_record'
  /** Hub, group and partition are there; how old the record is does not matter. */
  | 'live'
  /** Something came that is no answer: no such host, no access, no time, throttled. */
  | 'unknown'
  /** The hub answers not-found, but so does every other: the namespace may be another, or in trouble. */
  | 'namespace_unproven'
  /** Reading would begin anew without it: there is no newer checkpoint that is at least as far. */
  | 'legacy_needed'
  | 'legacy_unreadable'
  /** Renewed, or leased, since it was looked at. */
  | 'changed'
  | 'failed'
  | 'out_of_time';

/** What is to be done with a record; `compare`: first see whether a newer checkpoint is at least as far. */
export type Verdict =
  | { readonly do: 'remove'; readonly reason: Removal }
  | { readonly do: 'leave'; readonly reason: Stay; readonly detail?: string }
  | { readonly do: 'foreign'; readonly reason: Foreign }
  | { readonly do: 'compare' };

/** What the namespace said after the record was looked at. */
export interface Answers {
  /** One of our hubs answered that it is there: the namespace is ours, reachable, and lets us in. */
  readonly proven: boolean;
  hub(hub: string): HubPresence;
  group(hub: string, group: string): Presence;
}

/**
 * `record` is null for a blob that is none. Death is proven from the outside in: the hub, then the partition, then the group.
 */
export function judge(record: RecordName | null, scope: Scope, answers: Answers): Verdict {
  if (record === null) return { do: 'leave', reason: 'not_a_record' };
  const foreign = foreignHub(record, scope);
  if (foreign !== null) return { do: 'foreign', reason: foreign };

  const hub = answers.hub(record.hub);
  if (hub.answer === 'unknown') return { do: 'leave', reason: 'unknown', detail: hub.why };
  if (!answers.proven) return { do: 'leave', reason: 'namespace_unproven' };
  if (hub.answer === 'gone') return { do: 'remove', reason: 'hub_gone' };
  if (!hub.partitions.includes(record.partition)) return { do: 'remove', reason: 'partition_gone' };

  const group = answers.group(record.hub, record.group);
  switch (group.answer) {
    case 'unknown':
      return { do: 'leave', reason: 'unknown', detail: group.why };
    case 'gone':
      return { do: 'remove', reason: 'group_gone' };
    case 'there':
      if (!sameName(record.group, scope.consumerGroup)) return { do: 'foreign', reason: 'other_group' };
      return record.kind === 'legacy' ? { do: 'compare' } : { do: 'leave', reason: 'live' };
    default:
      return group satisfies never;
  }
}
