import { type Command } from './command';
import { CommandError, notBuilt } from './errors';
import { type ReplyFields } from './handshake-reply';
import { asArray, asNumber, array, embedded, int, make, text } from './values';
import { field, type RawValue } from './raw';
import { type Writer } from './writer';

/** Errors after which a transaction is tried again as a whole: no statement's, but the command's. */
const OF_THE_COMMAND = [112, 251, 10107, 11600, 11602];

/**
 * Runs the statements of one write command, one after the other. An error ends an ordered command; in a transaction it ends any.
 *
 * @returns the results of those that succeeded, and what the reply says of those that did not
 */
export async function runStatements<T>(
  command: Command,
  writer: Writer,
  statements: readonly Buffer[],
  run: (statement: Buffer, number: number, index: number) => Promise<T>,
): Promise<{ readonly done: readonly T[]; readonly reply: ReplyFields }> {
  if (statements.length === 0 || statements.length > 100_000)
    throw new CommandError(16, `Write batch sizes must be between 1 and 100000. Got ${statements.length} operations.`);
  const ordered = command.field('ordered') === undefined || command.flag('ordered');
  const numbers = asArray(command.field('stmtIds'));
  const done: T[] = [];
  const errors: RawValue[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      done.push(await run(statement, asNumber(numbers?.[index]) ?? index, index));
    } catch (error) {
      if (!(error instanceof CommandError) || OF_THE_COMMAND.includes(error.code)) throw error;
      errors.push(embedded(writeError(error, index)));
      if (writer.inTransaction) writer.abort();
      if (ordered || writer.inTransaction) break;
    }
  }
  return { done, reply: errors.length === 0 ? {} : { writeErrors: array(errors) } };
}

const writeError = (error: CommandError, index: number): Buffer =>
  make({ index: int(index), code: int(error.code), errmsg: text(error.message), ...detailsOf(error) });

/** Some errors tell more than a text: which key was there already. */
const detailsOf = (error: CommandError): ReplyFields => ('details' in error ? (error.details as ReplyFields) : {});

/** @throws CommandError where an update or a deletion asks for what would change its meaning, and is not built */
export function checkStatement(statement: Buffer): void {
  for (const name of ['arrayFilters', 'collation', 'c'])
    if (field(statement, name) !== undefined) throw notBuilt(`'${name}' of a statement`);
}
