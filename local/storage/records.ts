import {
  type BlobMetadataStore,
  type BlobRecord,
  type BlockRecord,
  type Collection,
  type ContainerRecord,
} from './stores';
import { accountName } from './request';

/** A path's place: the file system, and the path in it without slashes at its ends (empty for the root). */
export interface Place {
  readonly fileSystem: string;
  readonly path: string;
}

/**
 * The records of Azurite's metadata store, as the file system sees them. Every method is synchronous, so whatever a
 * caller does without awaiting is one step for all readers and writers: that is what makes a rename atomic.
 */
export class LakeRecords {
  readonly #blobs: Collection<BlobRecord>;
  readonly #blocks: Collection<BlockRecord>;
  readonly #containers: Collection<ContainerRecord>;

  constructor(store: BlobMetadataStore) {
    this.#blobs = store.db.getCollection('$BLOBS_COLLECTION$');
    this.#blocks = store.db.getCollection('$BLOCKS_COLLECTION$');
    this.#containers = store.db.getCollection('$CONTAINERS_COLLECTION$');
  }

  fileSystems(): ContainerRecord[] {
    return this.#containers.find({ accountName }).sort(byName);
  }

  fileSystem(name: string): ContainerRecord | null {
    return this.#containers.findOne({ name, accountName });
  }

  addFileSystem(record: ContainerRecord): void {
    this.#containers.insert(record);
  }

  updateFileSystem(record: ContainerRecord): void {
    this.#containers.update(record);
  }

  /** Removes a file system and everything in it. */
  removeFileSystem(record: ContainerRecord): void {
    const here = { containerName: record.name, accountName };
    this.#blobs.findAndRemove(here);
    this.#blocks.findAndRemove(here);
    this.#containers.remove(record);
  }

  /** The file or directory at `place`; null where there is only uncommitted data. */
  find(place: Place): BlobRecord | null {
    const record = this.#blobs.findOne(keyOf(place));
    return record?.isCommitted === true ? record : null;
  }

  /** Every file system's committed records, in no order. */
  all(): BlobRecord[] {
    return this.#blobs.data.filter((each) => isVisible(each));
  }

  /** What lies beneath a directory at any depth, by name; the directory itself is left out. */
  beneath(place: Place): BlobRecord[] {
    return this.#beneath(place).filter(isVisible).sort(byName);
  }

  /** Whether anything lies beneath a directory. */
  isEmpty(place: Place): boolean {
    return !this.#beneath(place).some(isVisible);
  }

  /** Puts `record` at its name, in the stead of whatever is there. */
  put(record: BlobRecord): BlobRecord {
    this.#clear({ fileSystem: record.containerName, path: record.name });
    return this.#blobs.insert(record);
  }

  update(record: BlobRecord): void {
    this.#blobs.update(record);
  }

  /** Removes a record with its uncommitted blocks, not what lies beneath it. */
  remove(record: BlobRecord): void {
    this.#clear({ fileSystem: record.containerName, path: record.name });
  }

  /** Gives `record`, and everything beneath it, its place under another name; what is at `to` gives way. */
  move(record: BlobRecord, to: Place): void {
    const from = { fileSystem: record.containerName, path: record.name };
    const moving = [record, ...(isDirectory(record) ? this.#beneath(from) : [])];
    this.#clear(to);
    for (const each of moving) {
      const path = to.path + each.name.slice(from.path.length);
      for (const block of this.#blocksOf({ fileSystem: from.fileSystem, path: each.name })) {
        block.containerName = to.fileSystem;
        block.blobName = path;
        this.#blocks.update(block);
      }
      each.containerName = to.fileSystem;
      each.name = path;
      this.#blobs.update(each);
    }
  }

  /** Data appended to a file and not flushed yet. */
  uncommittedBlocks(place: Place): BlockRecord[] {
    return this.#blocksOf(place);
  }

  addBlock(block: BlockRecord): void {
    this.#blocks.insert(block);
  }

  dropBlocks(blocks: readonly BlockRecord[]): void {
    for (const block of blocks) this.#blocks.remove(block);
  }

  #beneath({ fileSystem, path }: Place): BlobRecord[] {
    const prefix = path === '' ? '' : `${path}/`;
    return this.#blobs.data.filter(
      (each) => each.name.startsWith(prefix) && each.containerName === fileSystem && each.accountName === accountName,
    );
  }

  #blocksOf({ fileSystem, path }: Place): BlockRecord[] {
    return this.#blocks.find({ blobName: path, containerName: fileSystem, accountName });
  }

  #clear(place: Place): void {
    const there = this.#blobs.findOne(keyOf(place));
    if (there !== null) this.#blobs.remove(there);
    this.dropBlocks(this.#blocksOf(place));
  }
}

/** Whether a record is a directory. */
export function isDirectory(record: BlobRecord): boolean {
  return Object.entries(record.metadata ?? {}).some(
    ([key, value]) => key.toLowerCase() === 'hdi_isfolder' && value === 'true',
  );
}

/** The name comes first: LokiJS searches by the index of the first field alone, and every blob is in one account. */
function keyOf({ fileSystem, path }: Place): Partial<BlobRecord> {
  return { name: path, containerName: fileSystem, accountName, snapshot: '' };
}

function isVisible(record: BlobRecord): boolean {
  return record.isCommitted && record.snapshot === '';
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
