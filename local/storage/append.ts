import { type BlobRecord, type BlockRecord } from './stores';
import { conditionsOf, demandLease, demandMet, header } from './conditions';
import { demandFileSystem, wholeNumber, type Lake, type LakeAnswer, type LakeHandler, type LakeRequest } from './lake';
import { LakeError } from './lake-error';
import { setContentHeaders, touch, versionHeaders } from './properties';
import { isDirectory } from './records';
import { accountName } from './request';

/**
 * Path - Update with `action=append`: the bytes are kept, invisible, until a flush. They stream straight into
 * Azurite's extents. With `flush=true` the file is flushed in the same request.
 */
export const append: LakeHandler = async (lake, request) => {
  const { fileSystem, path, query, headers } = request;
  const position = demandPosition(query);
  demandAppendable(lake, request, position);
  const persistency = await lake.extents.appendExtent(request.body);
  if (String(persistency.count) !== header(headers, 'content-length')) throw new LakeError('InvalidInput');

  // The upload took its time: the file may have been renamed or replaced since.
  demandAppendable(lake, request, position);
  const name = blockName(position);
  const again = lake.records.uncommittedBlocks(request).filter((block) => block.name === name);
  lake.records.dropBlocks(again);
  lake.records.addBlock({
    accountName,
    containerName: fileSystem,
    blobName: path,
    name,
    isCommitted: false,
    size: persistency.count,
    persistency,
  });
  if (query.get('flush') !== 'true') return { status: 202, headers: { 'x-ms-request-server-encrypted': 'true' } };
  return { ...flushUpTo(lake, request, position + persistency.count), status: 202 };
};

/** Path - Update with `action=flush`: what was appended becomes the file's content, whole and in one step. */
export const flush: LakeHandler = (lake, request) => {
  if (Number(header(request.headers, 'content-length') ?? 0) !== 0) throw new LakeError('ContentLengthMustBeZero');
  return flushUpTo(lake, request, demandPosition(request.query));
};

function flushUpTo(lake: Lake, request: LakeRequest, position: number): LakeAnswer {
  const { records } = lake;
  const record = demandFile(lake, request);
  if (isWrittenByBlobApi(record)) throw new LakeError('InvalidFlushOperation');
  demandMet(conditionsOf(request.headers), record);
  const now = lake.now();
  demandLease(record, header(request.headers, 'x-ms-lease-id'), now.getTime());

  const appended = records.uncommittedBlocks(request).filter(isAppended).sort(byName);
  const added = contiguous(appended, record.properties.contentLength, position);
  record.committedBlocksInOrder = [...(record.committedBlocksInOrder ?? []), ...added];
  record.properties.contentLength = position;
  record.properties.contentMD5 = undefined;
  setContentHeaders(record, request.headers);
  touch(record, now);
  records.dropBlocks(request.query.get('retainuncommitteddata') === 'true' ? added : appended);
  records.update(record);
  return { status: 200, headers: versionHeaders(record.properties) };
}

/**
 * The blocks that carry a file from `length` bytes to `position` bytes, in order.
 *
 * @throws LakeError InvalidFlushPosition when they leave a hole, overlap or miss `position`
 */
export function contiguous(blocks: readonly BlockRecord[], length: number, position: number): BlockRecord[] {
  const taken: BlockRecord[] = [];
  let reached = length;
  for (const block of blocks) {
    if (reached >= position) break;
    if (positionOf(block) !== reached) throw new LakeError('InvalidFlushPosition');
    taken.push(block);
    reached += block.size;
  }
  if (reached !== position) throw new LakeError('InvalidFlushPosition');
  return taken;
}

function demandAppendable(lake: Lake, request: LakeRequest, position: number): void {
  const record = demandFile(lake, request);
  if (isWrittenByBlobApi(record)) throw new LakeError('InvalidAppendOperation');
  if (position < record.properties.contentLength) {
    throw new LakeError('InvalidQueryParameterValue', `position: ${position}`);
  }
  demandLease(record, header(request.headers, 'x-ms-lease-id'), lake.now().getTime());
}

function demandFile(lake: Lake, { fileSystem, path }: LakeRequest): BlobRecord {
  demandFileSystem(lake, fileSystem);
  const record = lake.records.find({ fileSystem, path });
  if (record === null) throw new LakeError('PathNotFound', path);
  if (isDirectory(record)) throw new LakeError('PathConflict', path);
  return record;
}

/** The service lets no file be written by both of its APIs. */
function isWrittenByBlobApi(record: BlobRecord): boolean {
  return record.persistency !== undefined || record.committedBlocksInOrder?.every(isAppended) !== true;
}

function demandPosition(query: ReadonlyMap<string, string>): number {
  const position = wholeNumber(query, 'position');
  if (position === null) throw new LakeError('MissingRequiredQueryParameter', 'position');
  return position;
}

const prefix = 'append-';

/** A block's name holds the position of its bytes; names of one length are what Azurite wants, and they sort. */
function blockName(position: number): string {
  return Buffer.from(prefix + String(position).padStart(17, '0')).toString('base64');
}

function positionOf(block: BlockRecord): number {
  return Number(Buffer.from(block.name, 'base64').toString().slice(prefix.length));
}

function isAppended(block: BlockRecord): boolean {
  return Buffer.from(block.name, 'base64').toString().startsWith(prefix);
}

function byName(a: BlockRecord, b: BlockRecord): number {
  return positionOf(a) - positionOf(b);
}
