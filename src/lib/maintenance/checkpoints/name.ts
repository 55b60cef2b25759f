/** What the Event Hubs extension keeps of one partition in one consumer group. */
export type RecordKind = 'checkpoint' | 'ownership' | 'legacy';

/** Whose record a blob is. Text as in the blob's name. */
export interface RecordName {
  readonly kind: RecordKind;
  /** Fully qualified, without a port. */
  readonly namespace: string;
  readonly hub: string;
  readonly group: string;
  readonly partition: string;
}

const NAMESPACE = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
const HUB = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;
const GROUP = /^(\$Default|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)$/i;
/** As the service numbers them. */
const PARTITION = /^(0|[1-9]\d{0,4})$/;

/**
 * `{namespace}/{hub}/{group}/checkpoint/{partition}`, the same with `ownership`, or the legacy
 * `{namespace}/{hub}/{group}/{partition}`, which alone keeps its case: that of the hub and the group as the settings wrote
 * them. The extension lower-cases the others, so one in upper case was written by something else.
 *
 * @returns null for a blob that is none of them
 */
export function parseRecordName(name: string): RecordName | null {
  const [namespace = '', hub = '', group = '', ...rest] = name.split('/');
  const partition = rest.at(-1) ?? '';
  const kind = rest.length === 1 ? 'legacy' : rest.length === 2 ? rest[0] : undefined;
  if (kind !== 'legacy' && kind !== 'checkpoint' && kind !== 'ownership') return null;
  if (rest.length === 2 && (kind === 'legacy' || name !== name.toLowerCase())) return null;
  const fits = NAMESPACE.test(namespace) && HUB.test(hub) && GROUP.test(group) && PARTITION.test(partition);
  return fits ? { kind, namespace, hub, group, partition } : null;
}

/** The blob's name. A checkpoint's and an ownership's are lower-cased, whatever the case of the parts. */
export function formatRecordName({ kind, namespace, hub, group, partition }: RecordName): string {
  const owner = `${namespace}/${hub}/${group}`;
  return kind === 'legacy' ? `${owner}/${partition}` : `${owner}/${kind}/${partition}`.toLowerCase();
}

/** The name of the checkpoint, in today's layout, of the same partition. */
export const checkpointOf = (record: RecordName): string => formatRecordName({ ...record, kind: 'checkpoint' });

/** Event Hubs compares the names of namespaces, hubs and groups without regard to case. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
