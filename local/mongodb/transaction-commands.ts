import { type Command } from './command';
import { type Context } from './context';
import { CommandError } from './errors';
import { type ReplyFields } from './handshake-reply';
import { EMPTY, field } from './raw';
import { type SessionUse } from './sessions';
import { asArray, asBinary, asDocument } from './values';

/** Carries out what a transaction has gathered, as one entry of the oplog. */
export function commitTransaction(_command: Command, { store }: Context, use: SessionUse): ReplyFields {
  if (use.kind === 'committed') return {};
  if (use.kind !== 'transaction') throw noTransaction('commitTransaction');
  const { session, transaction } = use;
  const { lsid, txnNumber } = session;
  // One that wrote nothing leaves no trace in the oplog.
  if (transaction.operations.length > 0) store.commit(transaction.operations, { lsid, txnNumber, statement: null });
  session.hasCommitted = true;
  transaction.end();
  return {};
}

export function abortTransaction(_command: Command, _context: Context, use: SessionUse): ReplyFields {
  if (use.kind !== 'transaction') throw noTransaction('abortTransaction');
  use.transaction.end();
  return {};
}

const noTransaction = (name: string): CommandError => new CommandError(251, `${name} must be run within a transaction`);

/** https://www.mongodb.com/docs/manual/reference/command/endSessions/ */
export function endSessions({ argument }: Command, { sessions }: Context): ReplyFields {
  for (const lsid of asArray(argument) ?? []) {
    const id = asBinary(field(asDocument(lsid) ?? EMPTY, 'id'));
    if (id !== undefined) sessions.end(id);
  }
  return {};
}
