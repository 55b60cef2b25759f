import { nameOf } from './command';
import { type Documents } from './documents';
import { type Oplog } from './oplog';
import { type Operation, type OplogEntry } from './oplog-entry';
import { date, int, long, make, text, timestamp } from './values';

/** The oplog as `local.oplog.rs` shows it: when what kind of thing happened where, without what it was. */
export function oplogDocuments(oplog: Oplog, term: number): Documents {
  return {
    get: () => undefined,
    *values() {
      for (let number = oplog.begin; number < oplog.end; number += 1) yield described(oplog.entry(number), term);
    },
  };
}

function described({ ts, wallAt, operations }: OplogEntry, term: number): Buffer {
  const [first, ...others] = operations;
  const kind = first === undefined || others.length > 0 ? TRANSACTION : kindOf(first);
  return make({ ts: timestamp(ts), t: long(BigInt(term)), v: int(2), ...kind, wall: date(wallAt) });
}

const TRANSACTION = { op: text('c'), ns: text('admin.$cmd') };

function kindOf(operation: Operation) {
  switch (operation.kind) {
    case 'insert':
      return { op: text('i'), ns: text(nameOf(operation.ns)) };
    case 'update':
      return { op: text('u'), ns: text(nameOf(operation.ns)) };
    case 'delete':
      return { op: text('d'), ns: text(nameOf(operation.ns)) };
    case 'noop':
      return { op: text('n'), ns: text('') };
    case 'dropDatabase':
      return { op: text('c'), ns: text(`${operation.db}.$cmd`) };
    case 'create':
    case 'drop':
    case 'rename':
    case 'modify':
    case 'createIndex':
    case 'dropIndex':
    case 'shard':
    case 'split':
      return { op: text('c'), ns: text(`${operation.ns.db}.$cmd`) };
    default:
      return operation satisfies never;
  }
}
