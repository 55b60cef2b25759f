import * as v from 'valibot';
import { Unfit } from './fault';
import { parseTableName } from './table-name';

/** Ours for a database: it names the slot, the progress file, and `source.name` of each event. */
const Name = v.pipe(
  v.string('a text'),
  v.regex(/^[a-z][a-z0-9_]{0,30}$/, 'a lower-case letter, then up to 30 lower-case letters, digits and _'),
);

/** Which setting holds the connection string: so each secret is a setting, and may be a Key Vault reference, of its own. */
const Connection = v.pipe(
  v.string('a text'),
  v.regex(/^[A-Za-z_]\w{0,127}$/, "a setting's name, not the connection string itself"),
);

const Flag = v.boolean('true or false');
const Snapshot = v.picklist(['initial', 'never'], '"initial" or "never"');
const Names = v.pipe(v.array(v.pipe(v.string('a text'), v.nonEmpty('a text')), 'a list'), v.nonEmpty('at least one'));

/** `schema.table`, each part in double quotes where it has a dot. */
const Tables = v.pipe(
  v.array(
    v.pipe(
      v.string('a text'),
      v.check((text) => parseTableName(text) !== null, 'schema.table'),
    ),
    'a list',
  ),
  v.nonEmpty('at least one'),
);

/** A name of PostgreSQL's has 63 bytes, and `_inserts` is put behind this one. */
const Publication = v.pipe(
  v.string('a text'),
  v.check((text) => text !== '' && Buffer.byteLength(text) <= 55, '1 to 55 bytes'),
);

/** PostgreSQL's rules for a slot's name. */
const Slot = v.pipe(v.string('a text'), v.regex(/^[a-z0-9_]{1,63}$/, '1 to 63 lower-case letters, digits and _'));

export const PostgresEntry = v.strictObject({
  name: Name,
  connection: Connection,
  publication: v.optional(Publication, 'change_lake'),
  slot: v.optional(Slot),
  create: v.optional(Flag, false),
  tables: v.optional(Tables),
  snapshot: v.optional(Snapshot, 'initial'),
});

const WhenAvailable = ['off', 'whenAvailable', 'required'] as const;

export const MongoEntry = v.strictObject({
  name: Name,
  connection: Connection,
  database: v.optional(v.pipe(v.string('a text'), v.nonEmpty('a text'))),
  collections: v.optional(Names),
  fullDocument: v.optional(
    v.picklist(['default', 'updateLookup', 'whenAvailable', 'required'], 'one of the server’s own words'),
    'updateLookup',
  ),
  preImages: v.optional(v.picklist(WhenAvailable, '"off", "whenAvailable" or "required"'), 'off'),
  snapshot: v.optional(Snapshot, 'initial'),
});

export type PostgresEntry = v.InferOutput<typeof PostgresEntry>;
export type MongoEntry = v.InferOutput<typeof MongoEntry>;

export const postgresList = (text: string): readonly PostgresEntry[] => listOf(PostgresEntry, text);
export const mongoList = (text: string): readonly MongoEntry[] => listOf(MongoEntry, text);

const EXPECTED = 'a JSON list of objects, as in [{"name":"shop","connection":"SHOP_DATABASE"}]';

/** @throws Unfit that names each part that is wrong, but shows none: somebody may have put a secret there */
function listOf<Entry extends { readonly name: string }>(
  schema: v.GenericSchema<unknown, Entry>,
  text: string,
): readonly Entry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Unfit('a text that is not JSON', EXPECTED);
  }
  const { success, output, issues } = v.safeParse(v.array(schema, 'a list'), json);
  if (!success) {
    const found = issues.map((issue) => `${v.getDotPath(issue) ?? 'the whole'} is not ${wanted(issue)}`);
    throw new Unfit(found.join('; '), EXPECTED);
  }
  const names = output.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Unfit(`the name ${twice} twice`, 'a name of its own for each database');
  return output;
}

/** What stands in the schema's own words; a key that is missing or unknown has valibot's. */
function wanted({ type, message, expected }: v.BaseIssue<unknown>): string {
  if (type !== 'strict_object') return message;
  return expected === 'never'
    ? 'a key that is known here'
    : expected === 'Object'
      ? 'an object'
      : `there: ${expected ?? ''}`;
}
