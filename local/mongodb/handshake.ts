import { type Command } from './command';
import { isPrimary, type Context } from './context';
import { CommandError } from './errors';
import { buildInfoReply, helloReply, type ReplicaSetView, type ReplyFields } from './handshake-reply';
import { field } from './raw';
import { array, asLong, bool, embedded, int, long, make, objectId, text } from './values';

/** What hello tells now. */
export function hello(command: Command, context: Context): ReplyFields {
  const { replicaSet, store, now, hosts } = context;
  const view = { ...replicaSet.view, isPrimary: isPrimary(context) };
  const primary = replicaSet.isPrimary ? (hosts[0] ?? null) : null;
  const lastTs = view.isPrimary ? store.lastTs : store.oplog.lastTs;
  return helloReply(view, { ...context, primary, lastTs, now: now() }, command.name !== 'hello');
}

/** What a client that watches the server knows of it, and how long it is content to hear nothing. */
export interface Watching {
  /** Null: it knows another process, and is to be told at once. */
  readonly counter: bigint | null;
  readonly ms: number;
}

/** Null: the client only asks. */
export function watching(command: Command, { processId }: Context): Watching | null {
  const version = command.document('topologyVersion');
  const ms = command.number('maxAwaitTimeMS');
  if (version === undefined || ms === undefined) return null;
  const isThisProcess = field(version, 'processId')?.bytes.equals(processId) === true;
  return { counter: isThisProcess ? (asLong(field(version, 'counter')) ?? null) : null, ms };
}

export const ping = (): ReplyFields => ({});

export const buildInfo = (): ReplyFields => buildInfoReply();

export function getParameter(command: Command): ReplyFields {
  const known = {
    featureCompatibilityVersion: embedded(make({ version: text('7.0') })),
    authenticationMechanisms: array([]),
    transactionLifetimeLimitSeconds: int(60),
  };
  const all = command.text('getParameter') === '*';
  return Object.fromEntries(Object.entries(known).filter(([name]) => all || command.field(name) !== undefined));
}

export const connectionStatus = (): ReplyFields => ({
  authInfo: embedded(make({ authenticatedUsers: array([]), authenticatedUserRoles: array([]) })),
});

/** https://www.mongodb.com/docs/manual/reference/command/replSetGetConfig/ */
export function replSetGetConfig(_command: Command, { replicaSet, hosts }: Context): ReplyFields {
  const { name, term } = asSet(replicaSet.view);
  const members = hosts.map((host, index) =>
    embedded(make({ _id: int(index), host: text(host), priority: int(index === 0 ? 1 : 0), votes: int(1) })),
  );
  const settings = make({ replicaSetId: objectId(replicaSet.id) });
  return {
    config: embedded(
      make({
        _id: text(name),
        version: int(1),
        term: int(term),
        members: array(members),
        settings: embedded(settings),
      }),
    ),
  };
}

/** As much of it as tells who is primary and how long the oplog is. */
export function replSetGetStatus(_command: Command, context: Context): ReplyFields {
  const { name, term } = asSet(context.replicaSet.view);
  const members = context.hosts.map((host, index) => {
    const isFirst = isPrimary({ ...context, address: host });
    const state = { state: int(isFirst ? 1 : 2), stateStr: text(isFirst ? 'PRIMARY' : 'SECONDARY') };
    const self = host === context.address ? bool(true) : undefined;
    return embedded(make({ _id: int(index), name: text(host), health: int(1), ...state, self }));
  });
  return {
    set: text(name),
    myState: int(isPrimary(context) ? 1 : 2),
    term: long(BigInt(term)),
    members: array(members),
  };
}

/** @throws CommandError where it is none */
function asSet({ name, ...view }: ReplicaSetView): ReplicaSetView & { readonly name: string } {
  if (view.kind === 'mongos') throw new CommandError(59, 'no such command: a mongos is no member of a replica set');
  if (name === null) throw new CommandError(76, 'not running with --replSet');
  return { ...view, name };
}
