import { type Context } from './context';
import { type Command } from './command';
import { compileFilter } from './filter';
import { type ReplyFields } from './handshake-reply';
import { EMPTY, field } from './raw';
import { checkStatement, runStatements } from './statements';
import { candidates } from './candidates';
import { asDocument, asNumber, int } from './values';
import { type Writer } from './writer';

/** https://www.mongodb.com/docs/manual/reference/command/delete/ */
export async function remove(command: Command, context: Context, writer: Writer): Promise<ReplyFields> {
  const { namespace } = command;
  const statements = command.documents('deletes');
  const { done, reply } = await runStatements(command, writer, statements, async (statement, number) => {
    if (writer.done(number) !== undefined) return 1;
    const collection = context.store.catalog.collection(namespace);
    if (collection === undefined) return 0;
    checkStatement(statement);
    const query = asDocument(field(statement, 'q')) ?? EMPTY;
    const matches = compileFilter(query);
    const one = asNumber(field(statement, 'limit')) === 1;
    return writer.carryOut(number, () => {
      const found = candidates(query, collection, writer).filter(matches);
      const { ns, uuid, keepsImages: images } = collection;
      const operations = (one ? found.slice(0, 1) : found).map(
        (before) => ({ kind: 'delete', ns, uuid, images, before }) as const,
      );
      return { operations, result: operations.length };
    });
  });
  return { n: int(done.reduce((sum, count) => sum + count, 0)), ...reply };
}
