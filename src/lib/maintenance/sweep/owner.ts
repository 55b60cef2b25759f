import { type Source } from '../../decode/event';
import { type Incarnate, nameOf, parseStagedName, stagingFolder } from '../../ledger/names';
import { mergeFolder } from '../optimise/plan';

/**
 * Whose word decides on a staged file: the ledger of one incarnation of a hub partition, or the plan of a partition's day.
 * `nobody`: a probe that was left behind; nothing ever names one.
 */
export type StagedBy =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'ledger'; readonly of: Incarnate }
  | { readonly kind: 'plan'; readonly source: Source; readonly day: string; readonly partition: string };

/** Who staged the file at `path`, by its folder and name; null for one that this program does not write. */
export function stagedBy(path: string): StagedBy | null {
  const [, , ...parts] = path.split('/');
  if (parts[0] === PROBES && parts.length < 5) return { kind: 'nobody' };
  if (parts.length !== 5 || parseStagedName(nameOf(path)) === null) return null;
  return mergedBy(path, parts) ?? landedBy(path, parts);
}

/** Where it is tried whether the lake can be written to: `doctor/{id}/here/probe.json` */
const PROBES = 'doctor';

/** `optimise/{source}/2026-11-22/{partition}/…` */
function mergedBy(path: string, [first, source = '', dashed = '', partition = '']: readonly string[]): StagedBy | null {
  if (first !== 'optimise' || (source !== 'postgresql' && source !== 'mongodb')) return null;
  const day = dashed.replaceAll('-', '/');
  const fits = /^\d{4}-\d\d-\d\d$/.test(dashed) && path.startsWith(mergeFolder(source, day, partition));
  return fits ? { kind: 'plan', source, day, partition } : null;
}

/** `{namespace}/{hub}/{incarnation}/{partition}/…` */
function landedBy(path: string, parts: readonly string[]): StagedBy | null {
  const [namespace = '', hub = '', incarnation = '', partition = ''] = parts;
  const of: Incarnate = { namespace, hub, incarnation: Number(incarnation), partition };
  const fits = /^[1-9]\d{0,8}$/.test(incarnation) && /^\d+$/.test(partition) && path.startsWith(stagingFolder(of));
  return fits ? { kind: 'ledger', of } : null;
}
