import { isObject } from '../../decode/json';
import { type CatalogFacts, type StreamFacts, type TableDefinition } from './definition';
import { formatLsn, parseLsn } from './lsn';

/** LSNs are text in JSON, as in the capture record. */
export function definitionJson({ from, stream, catalog, ...table }: TableDefinition): Record<string, unknown> {
  return {
    ...table,
    from: { commitLsn: formatLsn(from.commitLsn), events: from.events },
    stream: stream === null ? null : { ...stream, lsn: formatLsn(stream.lsn) },
    catalog: catalog === null ? null : { ...catalog, lsn: formatLsn(catalog.lsn) },
  };
}

/** The inverse of {@link definitionJson}; null for anything else. */
export function parseDefinition(value: unknown): TableDefinition | null {
  if (!isObject(value)) return null;
  const { relationOid, schema, table, from } = value;
  if (typeof relationOid !== 'number' || typeof schema !== 'string' || typeof table !== 'string') return null;
  const commitLsn = isObject(from) ? lsnOf(from.commitLsn) : null;
  const events = isObject(from) ? from.events : null;
  const stream = factsOf<StreamFacts>(value.stream, isStream);
  const catalog = factsOf<CatalogFacts>(value.catalog, isCatalog);
  if (commitLsn === null || typeof events !== 'number' || stream === undefined || catalog === undefined) return null;
  return { relationOid, schema, table, from: { commitLsn, events }, stream, catalog };
}

const lsnOf = (value: unknown): bigint | null => (typeof value === 'string' ? parseLsn(value) : null);

/** Undefined for what are none. */
function factsOf<Facts>(value: unknown, isSo: (value: Record<string, unknown>) => boolean): Facts | null | undefined {
  if (value === null) return null;
  if (!isObject(value) || !isSo(value)) return undefined;
  const lsn = lsnOf(value.lsn);
  return lsn === null ? undefined : ({ ...value, lsn } as Facts);
}

const isStream = ({ atMs, replicaIdentity, columns, types, partitionKeys }: Record<string, unknown>): boolean =>
  typeof atMs === 'number' &&
  isIdentity(replicaIdentity) &&
  isListOf(columns, { name: 'string', typeOid: 'number', modifier: 'number', isKey: 'boolean' }) &&
  isListOf(types, { oid: 'number', schema: 'string', name: 'string' }) &&
  (partitionKeys === null || (Array.isArray(partitionKeys) && partitionKeys.every(isTexts)));

const isCatalog = ({ atMs, replicaIdentity, key, columns, types }: Record<string, unknown>): boolean =>
  typeof atMs === 'number' &&
  isIdentity(replicaIdentity) &&
  isTexts(key) &&
  isListOf(columns, { name: 'string', number: 'number', typeOid: 'number', modifier: 'number', type: 'string' }) &&
  isListOf(types, {
    ...{ oid: 'number', typtype: 'string', typcategory: 'string' },
    ...{ typbasetype: 'number', typelem: 'number', typdelim: 'string' },
  });

const isIdentity = (value: unknown): boolean =>
  value === 'default' || value === 'nothing' || value === 'full' || value === 'index';

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

function isListOf(value: unknown, fields: Readonly<Record<string, 'string' | 'number' | 'boolean'>>): boolean {
  const isOne = (item: unknown): boolean =>
    isObject(item) && Object.entries(fields).every(([name, type]) => typeof item[name] === type);
  return Array.isArray(value) && value.every(isOne);
}
