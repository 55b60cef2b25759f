import { type Namespace } from './command';
import { type Operation } from './oplog-entry';
import { isInternal, type Scope } from './stream-options';

/** Whether a stream that watches `scope` tells of an operation. */
export function watches(scope: Scope, operation: Operation): boolean {
  switch (operation.kind) {
    case 'noop':
    case 'split':
      return false;
    case 'dropDatabase':
      return scope.kind === 'deployment' ? !isInternal(operation.db) : dbOf(scope) === operation.db;
    case 'rename':
      return covers(scope, operation.ns) || covers(scope, operation.to);
    case 'create':
    case 'drop':
      return (scope.kind !== 'collection' || operation.nsType === undefined) && covers(scope, operation.ns);
    case 'insert':
    case 'update':
    case 'delete':
    case 'modify':
    case 'createIndex':
    case 'dropIndex':
    case 'shard':
      return covers(scope, operation.ns);
    default:
      return operation satisfies never;
  }
}

/** Whether the stream ends with that operation. */
export function invalidates(scope: Scope, kind: Operation['kind']): boolean {
  switch (scope.kind) {
    case 'collection':
      return kind === 'drop' || kind === 'rename' || kind === 'dropDatabase';
    case 'database':
      return kind === 'dropDatabase';
    case 'deployment':
      return false;
    default:
      return scope satisfies never;
  }
}

function covers(scope: Scope, { db, coll }: Namespace): boolean {
  if (scope.kind === 'collection') return scope.ns.db === db && scope.ns.coll === coll;
  if (coll.startsWith('system.')) return false;
  return scope.kind === 'database' ? scope.db === db : !isInternal(db);
}

const dbOf = (scope: Exclude<Scope, { kind: 'deployment' }>): string =>
  scope.kind === 'collection' ? scope.ns.db : scope.db;
