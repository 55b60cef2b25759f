import { type PublishedTable } from './catalog-tables';
import {
  BEGINNING,
  isAtOrBefore,
  type CatalogFacts,
  type StreamFacts,
  type StreamPosition,
  type TableDefinition,
} from './definition';
import { catalogOf, hasSameCatalog, isOf, keyWithin, readable } from './definition-match';
import { type RelationMessage, type TypeMessage } from './pgoutput-messages';
import { BUILT_IN } from './types-built-in';
import { type NamedType, type TypeRow } from './types';

/** What definitions ask the database, as it is now. */
export interface Catalog {
  /** All tables that are published. */
  readonly tables: () => Promise<readonly PublishedTable[]>;
  /** What tells the table's rows apart, published or not; none where it is gone. */
  readonly key: (relationOid: number) => Promise<readonly string[]>;
  /** Those of the types that are there, and those they are made of. */
  readonly types: (typeOids: readonly number[]) => Promise<readonly TypeRow[]>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * The definitions by which the rows of one database are read. Which one holds is decided once for each position of the stream, and kept; a
 * change that comes again is read by what was kept. This is how:
 *
 * 1. Of the versions of a table (by its OID) the last one that begins at or before the change holds, if its columns (name, type, modifier) and
 *    its replica identity are the ones that the stream states. Nothing is looked up then.
 * 2. Otherwise another version with these columns holds from the change on, where one was kept: the next later one, else the last earlier one.
 * 3. Otherwise the table is looked up, and the catalog is believed where it agrees with the stream. The key, where the stream does not mark it,
 *    is the catalog's where the catalog has the same columns as the stream; else the former version's, as long as its columns are there.
 * 4. Each session looks all published tables up when it begins. What differs from the last version holds from behind the end of the server's
 *    log on: no change from there can have been sent before.
 * 5. A relation message that comes again within a session says that something about the table may have changed. Where the stream does not mark
 *    the key, it is looked up again, and holds from the change on; but only behind the point where the session found the log to end, since a
 *    change before it may have been sent.
 */
export class Definitions {
  /** By OID, in the order of `from`. */
  readonly #versions = new Map<number, TableDefinition[]>();
  readonly #catalog: Catalog;
  /** Every change that an earlier session may have sent is at or before this. */
  readonly #sentUpTo: bigint;
  readonly #typeRows = new Map<number, TypeRow>();
  readonly #typeNames = new Map<number, NamedType>();
  readonly #seen = new Set<number>();
  #pending: RelationMessage[] = [];
  #isDirty = false;

  /**
   * @param kept in any order
   * @param sentUpTo where the server's log ended when the session began
   */
  constructor(kept: readonly TableDefinition[], sentUpTo: bigint, catalog: Catalog) {
    this.#sentUpTo = sentUpTo;
    this.#catalog = catalog;
    for (const version of kept) this.#insert(version);
    this.#isDirty = false;
  }

  /** Whether there is anything that is not written down yet. */
  get isDirty(): boolean {
    return this.#isDirty;
  }

  /** Looks all published tables up, as a session begins (rule 4). */
  async begin(): Promise<void> {
    const tables = await this.#catalog.tables();
    const atMs = this.#catalog.now();
    for (const found of tables) {
      const catalog = catalogOf(found, atMs);
      const { relationOid, schema, table } = found;
      const last = this.#versions.get(relationOid)?.at(-1);
      if (last === undefined) {
        this.#insert({ relationOid, schema, table, from: BEGINNING, stream: null, catalog });
      } else if (!hasSameCatalog(last.catalog, catalog)) {
        const from = { commitLsn: this.#sentUpTo + 1n, events: 0 };
        const stream = last.stream !== null && isOf({ stream: null, catalog }, last.stream) ? last.stream : null;
        this.#insert({ relationOid, schema, table, from, stream, catalog });
      }
    }
  }

  type({ oid, schema, name }: TypeMessage): void {
    this.#typeNames.set(oid, { oid, schema, name });
  }

  /** Takes a relation message. Whether it is a table's, or a partition's whose changes come under its root, the change behind it shows. */
  relation(message: RelationMessage): void {
    this.#pending.push(message);
  }

  /** Whether `define` is to be called before the next change of a row, or truncate, is read. */
  get isPending(): boolean {
    return this.#pending.length > 0;
  }

  /**
   * Finds the versions that hold for the change which follows the relation messages.
   *
   * @param relationOids of the change: one, or those of a truncate
   * @returns the versions of these tables which the messages were about
   */
  async define(relationOids: readonly number[], at: StreamPosition): Promise<TableDefinition[]> {
    const messages = this.#pending;
    this.#pending = [];
    const partitions = messages.filter(({ oid }) => !relationOids.includes(oid));
    const isInvalidated = partitions.length === 0 || partitions.some(({ oid }) => this.#seen.has(oid));
    const defined: TableDefinition[] = [];
    for (const message of messages) {
      if (partitions.includes(message)) continue;
      const isAgain = isInvalidated && this.#seen.has(message.oid);
      defined.push(await this.#define(message, partitions, isAgain, at));
    }
    for (const { oid } of messages) this.#seen.add(oid);
    return defined;
  }

  /** All versions that the stream from `safeLsn` on can need; those before are forgotten. */
  kept(safeLsn: bigint): TableDefinition[] {
    this.#isDirty = false;
    for (const versions of this.#versions.values()) {
      const last = versions.findLastIndex(({ from }) => from.commitLsn < safeLsn);
      if (last > 0) versions.splice(0, last);
    }
    return [...this.#versions.values()].flat();
  }

  async #define(
    message: RelationMessage,
    partitions: readonly RelationMessage[],
    isAgain: boolean,
    at: StreamPosition,
  ): Promise<TableDefinition> {
    const { oid: relationOid, schema, table } = message;
    const versions = this.#versions.get(relationOid) ?? [];
    const last = versions.findLastIndex(({ from }) => isAtOrBefore(from, at));
    const holds = versions[last] ?? null;
    const stream = this.#streamFacts(message, partitions, holds?.stream?.partitionKeys ?? null, at);
    const base = { relationOid, schema, table, stream };
    if (holds !== null && isOf(holds, stream)) {
      const key = isAgain && at.commitLsn > this.#sentUpTo ? await this.#otherKey(holds, stream) : null;
      const catalog = key ?? holds.catalog;
      const isSame = key === null && isSameStream(holds, base);
      // The stream's facts do not change how rows are read: they are filled in where the version has none.
      if (isSame) return holds;
      const isFilledIn = key === null && holds.stream === null && stream.partitionKeys === null;
      return this.#insert({ ...base, from: isFilledIn ? holds.from : at, catalog });
    }
    const other =
      versions.slice(last + 1).find((version) => isOf(version, stream)) ??
      versions.slice(0, Math.max(last, 0)).findLast((version) => isOf(version, stream));
    const catalog = other?.catalog ?? (await this.#lookUp(message, holds));
    // It holds from here on: what was to begin later says nothing more.
    if (other !== undefined && versions[last + 1] === other) versions.splice(last + 1, 1);
    return this.#insert({ ...base, from: at, catalog });
  }

  #streamFacts(
    { replicaIdentity, columns }: RelationMessage,
    partitions: readonly RelationMessage[],
    former: StreamFacts['partitionKeys'],
    at: StreamPosition,
  ): StreamFacts {
    const keys = new Map((former ?? []).map((names) => [names.join('\0'), names]));
    for (const partition of partitions) {
      const names = partition.columns.flatMap(({ name, isKey }) => (isKey ? [name] : [])).sort();
      if (partition.replicaIdentity !== 'full') keys.set(names.join('\0'), names);
    }
    const hasPartitions = former !== null || partitions.length > 0;
    const types = columns.flatMap(({ typeOid }) => this.#typeNames.get(typeOid) ?? []);
    return {
      ...{ lsn: at.commitLsn, atMs: this.#catalog.now(), replicaIdentity, columns },
      types: [...new Map(types.map((type) => [type.oid, type])).values()],
      partitionKeys: hasPartitions ? [...keys.values()] : null,
    };
  }

  /** The catalog's facts with another key than the version's, where the stream does not mark it and it has changed; else null (rule 5). */
  async #otherKey(holds: TableDefinition, { replicaIdentity }: StreamFacts): Promise<CatalogFacts | null> {
    if (replicaIdentity !== 'full' && replicaIdentity !== 'nothing') return null;
    const tables = await this.#catalog.tables();
    const found = tables.find(({ relationOid }) => relationOid === holds.relationOid);
    if (found === undefined) return null;
    const catalog = catalogOf(found, this.#catalog.now());
    const isFresh = holds.stream !== null && isOf({ stream: null, catalog }, holds.stream);
    return isFresh && catalog.key.join('\0') !== holds.catalog?.key.join('\0') ? catalog : null;
  }

  /** Null where the catalog knows nothing of it any more (rule 3). */
  async #lookUp(message: RelationMessage, former: TableDefinition | null): Promise<CatalogFacts | null> {
    const tables = await this.#catalog.tables();
    const atMs = this.#catalog.now();
    const found = tables.find(({ relationOid }) => relationOid === message.oid);
    const catalog = found === undefined ? null : readable(catalogOf(found, atMs), message);
    const isFresh = found !== undefined && isOf({ stream: null, catalog: catalogOf(found, atMs) }, message);
    const key =
      isFresh && catalog !== null
        ? catalog.key
        : (keyWithin(former?.catalog?.key ?? null, message) ??
          keyWithin(catalog?.key ?? (await this.#catalog.key(message.oid)), message) ??
          []);
    for (const row of catalog?.types ?? []) this.#typeRows.set(row.oid, row);
    const types = await this.#typesOf(message);
    if (catalog === null && types.length === 0 && key.length === 0) return null;
    const none = { lsn: tables[0]?.lsn ?? 0n, atMs, replicaIdentity: message.replicaIdentity, columns: [] };
    return { ...(catalog ?? none), key, types };
  }

  /** From what is known already where it can be: a type may be gone, though a column of another table has it. */
  async #typesOf({ columns }: RelationMessage): Promise<readonly TypeRow[]> {
    const oids = columns.flatMap(({ typeOid }) => (BUILT_IN.has(typeOid) ? [] : [typeOid]));
    const unknown = oids.filter((oid) => !this.#typeRows.has(oid));
    if (unknown.length > 0) {
      for (const row of await this.#catalog.types(unknown)) this.#typeRows.set(row.oid, row);
    }
    const rows = new Map<number, TypeRow>();
    const add = (oid: number): void => {
      const row = this.#typeRows.get(oid);
      if (row === undefined || rows.has(oid)) return;
      rows.set(oid, row);
      add(row.typbasetype);
      add(row.typelem);
    };
    for (const oid of oids) add(oid);
    return [...rows.values()];
  }

  #insert(version: TableDefinition): TableDefinition {
    this.#isDirty = true;
    for (const row of version.catalog?.types ?? []) this.#typeRows.set(row.oid, row);
    const versions = this.#versions.get(version.relationOid) ?? [];
    this.#versions.set(version.relationOid, versions);
    const behind = versions.findLastIndex(({ from }) => isAtOrBefore(from, version.from));
    const before = versions[behind];
    const isThere = before !== undefined && isAtOrBefore(version.from, before.from);
    versions.splice(isThere ? behind : behind + 1, isThere ? 1 : 0, version);
    return version;
  }
}

function isSameStream(
  holds: TableDefinition,
  { schema, table, stream }: Omit<TableDefinition, 'from' | 'catalog'>,
): boolean {
  const { schema: ownSchema, table: ownTable, stream: own } = holds;
  if (own === null || stream === null || ownSchema !== schema || ownTable !== table) return false;
  return JSON.stringify(own.partitionKeys) === JSON.stringify(stream.partitionKeys);
}
