import { type Command } from './command';
import { handlerOf, type Handler } from './commands';
import { isPrimary, type Context } from './context';
import { errorLabels } from './error-codes';
import { CommandError, notBuilt, notPrimary, notPrimaryNoSecondaryOk } from './errors';
import { type ReplyFields } from './handshake-reply';
import { field } from './raw';
import { seenTs, sightOf, waitUntilSeen } from './read-time';
import { array, asDocuments, asText, binary, double, embedded, int, long, make, text, timestamp } from './values';

/** Carries out a command and makes its reply; an error becomes one too. */
export async function dispatch(command: Command, context: Context): Promise<Buffer> {
  const isStream = isOfChangeStream(command, context);
  try {
    const handler = handlerOf(command.name);
    if (handler === undefined) throw new CommandError(59, `no such command: '${command.name}'`);
    if (command.db === 'local' && context.replicaSet.kind === 'mongos')
      throw new CommandError(20, "Can't use 'local' database through mongos");
    for (const option of NOT_BUILT)
      if (command.field(option) !== undefined) throw notBuilt(`${command.name} with ${option}`);
    checkState(command, handler, context);
    if (handler.needs === 'read') await waitUntilSeen(command, context);
    const reply = await run(command, handler, context);
    // Acknowledged is what is on disk.
    context.store.flush();
    return make({ ...reply, ok: double(1), ...times(command, context) });
  } catch (error) {
    context.store.flush();
    return refusal(command, asCommandError(error, context), isStream, context);
  }
}

/** Options that would change what a command finds or does. */
const NOT_BUILT = ['collation', 'let', 'explain', 'arrayFilters'];

async function run(command: Command, handler: Handler, context: Context): Promise<ReplyFields> {
  const isReplicaSet = context.replicaSet.kind !== 'standalone';
  const use = context.sessions.use(command, context.store, isReplicaSet);
  try {
    return await handler.run(command, context, use);
  } catch (error) {
    // Whatever fails in a transaction ends it.
    if (use.kind === 'transaction' && command.name !== 'commitTransaction') use.transaction.end();
    throw error;
  }
}

/** A server that is not primary takes no writes, and reads only from who says that a secondary will do. */
function checkState(command: Command, { needs }: Handler, context: Context): void {
  if (isPrimary(context) || needs === 'any') return;
  if (needs === 'write') throw notPrimary();
  const preference = command.document('$readPreference');
  const mode = preference === undefined ? undefined : asText(field(preference, 'mode'));
  if (mode === undefined || mode === 'primary') throw notPrimaryNoSecondaryOk();
}

export function refusal(command: Command, error: CommandError, isStream: boolean, context: Context): Buffer {
  const labels = error.labels ?? errorLabels(error.code, failed(command, isStream));
  return make({
    ok: double(0),
    errmsg: text(error.message),
    code: int(error.code),
    codeName: text(error.codeName),
    errorLabels: labels.length === 0 ? undefined : array(labels.map(text)),
    ...times(command, context),
  });
}

function failed(command: Command, isStream: boolean) {
  return {
    name: command.name,
    hasTxnNumber: command.field('txnNumber') !== undefined,
    inTransaction: command.field('autocommit') !== undefined,
    isChangeStream: isStream,
  };
}

/** Asked before it is carried out: an error may close the cursor. */
export function isOfChangeStream(command: Command, { cursors }: Context): boolean {
  if (command.name === 'getMore') return cursors.find(command.long('getMore') ?? 0n)?.isChangeStream ?? false;
  const first = asDocuments(command.field('pipeline'))?.[0];
  return command.name === 'aggregate' && first !== undefined && field(first, '$changeStream') !== undefined;
}

function asCommandError(error: unknown, { log }: Context): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof RangeError && error.message.startsWith('BSON')) return new CommandError(22, error.message);
  log(`a command failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return new CommandError(1, `the stand-in failed: ${String(error)}`);
}

/** Every reply of a replica set tells how far it is. Without access control nothing is signed. */
function times(command: Command, context: Context): ReplyFields {
  const { store, replicaSet } = context;
  if (replicaSet.kind === 'standalone') return {};
  const ts = timestamp(store.lastTs);
  return {
    $clusterTime: embedded(make({ clusterTime: ts, signature: embedded(UNSIGNED) })),
    operationTime: timestamp(seenTs(sightOf(command, context), store)),
  };
}

const UNSIGNED = make({ hash: binary(Buffer.alloc(20), 0), keyId: long(0n) });
