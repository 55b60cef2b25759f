import { type Context } from './context';
import { type Command } from './command';
import { keyOf } from './compare';
import { CommandError } from './errors';
import { type ReplyFields } from './handshake-reply';
import { newObjectId } from './object-id';
import { documentOf, field, fields, firstField, TYPE, type RawValue } from './raw';
import { embedded, int, make, named } from './values';
import { type Writer } from './writer';
import { runStatements } from './statements';

export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** https://www.mongodb.com/docs/manual/reference/command/insert/ */
export async function insert(command: Command, context: Context, writer: Writer): Promise<ReplyFields> {
  const { namespace } = command;
  const documents = command.documents('documents');
  const { done, reply } = await runStatements(command, writer, documents, async (document, statement) => {
    if (writer.done(statement) !== undefined) return 1;
    const collection = writer.existing(namespace);
    const after = withId(document, context);
    return writer.carryOut(statement, () => {
      const id = field(after, '_id') as RawValue;
      if (writer.documents(collection).get(keyOf(id)) !== undefined) throw duplicateKey(command, id);
      const { ns, uuid, keepsImages: images } = collection;
      return { operations: [{ kind: 'insert', ns, uuid, images, after }], result: 1 };
    });
  });
  return { n: int(done.length), ...reply };
}

/** A copy with `_id` in front; the client's message is not kept for it. */
function withId(document: Buffer, { now }: Context): Buffer {
  if (document.length > MAX_DOCUMENT_BYTES)
    throw new CommandError(
      2,
      `object to insert too large. size in bytes: ${document.length}, max size: ${MAX_DOCUMENT_BYTES}`,
    );
  const first = firstField(document);
  if (first?.name === '_id') {
    checkId(first);
    return Buffer.from(document);
  }
  const id = field(document, '_id') ?? newObjectId(now());
  checkId(id);
  return documentOf([named('_id', id), ...fields(document).filter(({ name }) => name !== '_id')]);
}

export function checkId({ type }: RawValue): void {
  if (type === TYPE.array || type === TYPE.regex || type === TYPE.undefined)
    throw new CommandError(53, "The '_id' value cannot be of type array, regex or undefined");
}

export function duplicateKey({ db, argument }: Command, id: RawValue): DuplicateKey {
  const coll = argument.bytes.toString('utf8', 4, argument.bytes.length - 1);
  return new DuplicateKey(`E11000 duplicate key error collection: ${db}.${coll} index: _id_ dup key`, id);
}

export class DuplicateKey extends CommandError {
  readonly #id: RawValue;

  constructor(message: string, id: RawValue) {
    super(11000, message);
    this.#id = id;
  }

  get details(): ReplyFields {
    return { keyPattern: embedded(make({ _id: int(1) })), keyValue: embedded(make({ _id: this.#id })) };
  }
}
