import { HEAD_BYTES, lineHead, tellHead, type LineOwner } from '../../ledger/line-head';
import { formatName, type Shelf } from '../../ledger/names';
import { type Group } from './groups';
import { InputGone, piecesOf } from './pieces';
import {
  filesOf,
  mergedFile,
  mergedPath,
  mergeFolder,
  pagesOf,
  SHELVES,
  type Plan,
  type PlanInput,
  type PlanOutput,
} from './plan';
import { type OptimiseRoom } from './room';
import { type ShelvedFile } from './runs';
import { holds, Tally } from './tally';

/** Whose files: what the head of each of their lines says. */
export type Owner = LineOwner;

/** Why a group is not merged, and the file that is in the way, if it is one. */
export interface Refusal {
  readonly why: 'changed_meanwhile' | 'file_damaged' | 'another_hub' | 'newer_format' | 'out_of_time';
  readonly path: string | null;
}

/** How much of a merged file is put by one request. */
const BLOCK_BYTES = 8 << 20;

/** Stops a copy half-way. */
class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(why: Refusal['why'], path: string | null = null) {
    super(why);
    this.refusal = { why, path };
  }
}

/**
 * Writes a group's merged files under names of their own, invisible to readers, and reads them again. Each input is
 * checked by the way: its lines are as many as its name says, whole, and of `owner`.
 *
 * The plan comes only after that. Its staged files exist then, once, and nobody stages them again: so each can be renamed
 * only once, however late a rename arrives. Could anyone stage it anew, a slow one could bring back a merged file that was
 * itself merged since, and every event in it would be there twice.
 */
export async function stageGroup(
  room: OptimiseRoom,
  owner: Owner,
  day: string,
  group: Group,
  mayGoOn: () => boolean,
): Promise<Plan | Refusal> {
  const id = room.newId();
  const inputs: PlanInput[] = [];
  const outputs: PlanOutput[] = [];
  let done = false;
  try {
    for (const shelf of SHELVES) {
      const file = mergedFile(group, shelf);
      if (file === null) continue;
      const staged = `${mergeFolder(owner.source, day, owner.partition)}${id}_${shelf}_${formatName(file)}`;
      outputs.push({
        path: mergedPath(owner.source, shelf, file),
        staged,
        ...(await copy(room, owner, shelf, group, staged, inputs, mayGoOn)),
      });
    }
    done = true;
  } catch (error) {
    if (error instanceof InputGone) return { why: 'changed_meanwhile', path: error.path };
    if (error instanceof Refused) return error.refusal;
    throw error;
  } finally {
    // What is left of an attempt that dies here is swept with all staged files that nobody names.
    if (!done) for (const { staged } of outputs) await room.lake.remove(staged).catch(() => undefined);
  }
  const { source, namespace, hub, partition, incarnation } = owner;
  const { first } = group[0];
  const last = group.at(-1)?.last ?? first;
  const plannedAt = room.clock.now();
  const pages = pagesOf(group);
  return { id, source, namespace, hub, partition, incarnation, day, first, last, plannedAt, pages, inputs, outputs };
}

/** Copies the group's files on one shelf into one; what they hold is added to `inputs`. */
async function copy(
  room: OptimiseRoom,
  owner: Owner,
  shelf: Shelf,
  group: Group,
  staged: string,
  inputs: PlanInput[],
  mayGoOn: () => boolean,
): Promise<Omit<PlanOutput, 'path' | 'staged'>> {
  const whole = new Tally();
  const files = filesOf(group, shelf);
  await room.files.stageBlocks(staged, blocksOf(checked(room, owner, files, whole, inputs, mayGoOn)));
  const content = whole.content();
  if ((await holds(room.files, staged, content)) === true) return content;
  await room.lake.remove(staged);
  throw new Refused('changed_meanwhile');
}

/** The bytes of `files`, each file checked as it passes. */
async function* checked(
  room: OptimiseRoom,
  owner: Owner,
  files: readonly ShelvedFile[],
  whole: Tally,
  inputs: PlanInput[],
  mayGoOn: () => boolean,
): AsyncGenerator<Buffer> {
  const head = Buffer.from(lineHead(owner));
  let tally: Tally | null = null;
  for await (const { of, bytes, isLast } of piecesOf(room.files, files)) {
    if (tally === null) {
      if (!mayGoOn()) throw new Refused('out_of_time');
      if (!bytes.subarray(0, head.length).equals(head)) throw new Refused(strangenessOf(bytes), of.path);
    }
    tally ??= new Tally();
    tally.add(bytes);
    whole.add(bytes);
    yield bytes;
    if (!isLast) continue;
    const { endsWithLine } = tally;
    const content = tally.content();
    if (!endsWithLine || content.count !== of.file.count) throw new Refused('file_damaged', of.path);
    inputs.push({ path: of.path, etag: of.etag, ...content });
    tally = null;
  }
}

/** What is to be said of a file that does not begin as its owner's files do. */
function strangenessOf(bytes: Buffer): Refusal['why'] {
  return tellHead(bytes.toString('utf8', 0, HEAD_BYTES))?.kind === 'newer' ? 'newer_format' : 'another_hub';
}

/** The same bytes in blocks of one size, the last one smaller. */
async function* blocksOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes < BLOCK_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}
