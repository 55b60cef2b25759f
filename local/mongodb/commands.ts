import { aggregate } from './aggregate';
import { collMod, create, createIndexes, drop, dropDatabase, dropIndexes, renameCollection } from './collections';
import { type Command } from './command';
import { type Context } from './context';
import { remove } from './delete-command';
import { count, find, getMore, killCursors } from './find';
import { findAndModify } from './find-and-modify';
import {
  buildInfo,
  connectionStatus,
  getParameter,
  hello,
  ping,
  replSetGetConfig,
  replSetGetStatus,
} from './handshake';
import { type ReplyFields } from './handshake-reply';
import { insert } from './insert';
import { listCollections, listDatabases, listIndexes } from './listings';
import { type SessionUse } from './sessions';
import { listShards, shardCollection, split } from './shard-commands';
import { abortTransaction, commitTransaction, endSessions } from './transaction-commands';
import { update } from './update-command';
import { Writer } from './writer';

export interface Handler {
  /** `write`: of the primary alone. `read`: of a secondary too, where the client allows it. `any`: always. */
  readonly needs: 'write' | 'read' | 'any';
  run(command: Command, context: Context, use: SessionUse): ReplyFields | Promise<ReplyFields>;
}

type Run = Handler['run'];

const read = (run: Run): Handler => ({ needs: 'read', run });
const write = (run: Run): Handler => ({ needs: 'write', run });
const any = (run: Run): Handler => ({ needs: 'any', run });

const writing = (run: (command: Command, context: Context, writer: Writer) => Promise<ReplyFields>): Handler =>
  write((command, context, use) => run(command, context, new Writer(context, use)));

/** Every command that there is, by its name. */
const COMMANDS: Readonly<Record<string, Handler>> = {
  hello: any(hello),
  isMaster: any(hello),
  ismaster: any(hello),
  ping: any(ping),
  buildInfo: any(buildInfo),
  buildinfo: any(buildInfo),
  getParameter: any(getParameter),
  connectionStatus: any(connectionStatus),
  replSetGetConfig: any(replSetGetConfig),
  replSetGetStatus: any(replSetGetStatus),
  endSessions: any(endSessions),
  getMore: any(getMore),
  killCursors: any(killCursors),
  find: read(find),
  count: read(count),
  aggregate: read(aggregate),
  listCollections: read(listCollections),
  listIndexes: read(listIndexes),
  listDatabases: read(listDatabases),
  insert: writing(insert),
  update: writing(update),
  delete: writing(remove),
  findAndModify: writing(findAndModify),
  findandmodify: writing(findAndModify),
  commitTransaction: write(commitTransaction),
  abortTransaction: write(abortTransaction),
  create: write(create),
  drop: write(drop),
  dropDatabase: write(dropDatabase),
  renameCollection: write(renameCollection),
  collMod: write(collMod),
  createIndexes: write(createIndexes),
  dropIndexes: write(dropIndexes),
  shardCollection: write(shardCollection),
  split: write(split),
  listShards: any(listShards),
};

export const handlerOf = (name: string): Handler | undefined =>
  Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
