import { OPERATIONS } from '../../decode/change';
import { isObject, type JsonObject } from '../../decode/json';
import { LINE_FORMAT } from '../../ledger/line-head';
import { type Shelf } from '../../ledger/names';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isTextOrNull: Check = (value) => value === null || typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const anything: Check = () => true;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const isTime: Check = (value) => typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value));

/** Keys in their order; those with `?` come only where there is something to say. */
type Shape = readonly (readonly [key: string, check: Check, optional?: '?'])[];

const HEADER: Shape = [
  ['format', (value) => value === LINE_FORMAT],
  ['source', isText],
  ['namespace', isText],
  ['hub', isText],
  // The head's own reading of them is exact; here is only what kind of thing they are.
  ['incarnation', isCount],
  ['partition', isText],
  ['sequenceNumber', (value) => Number.isInteger(value) && Number(value) >= 0],
  ['offset', isText],
  ['enqueuedTime', isTime],
  ['partitionKey', isTextOrNull],
  ['properties', isObject],
  ['propertiesInexact', (value) => value === true, '?'],
  ['eventId', isTextOrNull],
];

const operations = new Set<unknown>(OPERATIONS);

const CHANGE: Shape = [
  ['operation', (value) => operations.has(value)],
  ['server', isTextOrNull],
  ['database', isTextOrNull],
  ['schema', isTextOrNull],
  ['table', isTextOrNull],
  ['relation', isCount, '?'],
  ['committedTime', isTextOrNull],
  ['history', isCount, '?'],
  ['position', isTextOrNull],
  ['index', isCount, '?'],
  ['transactionId', isTextOrNull],
  ['changes', isCount, '?'],
];

const isChange: Check = (value) => value === null || (isObject(value) && hasShape(value, CHANGE));

const CLAIM = /^claims\/(?:postgresql|mongodb)\/[0-9a-f]{64}\.json$/;
const isClaim: Check = (value) => typeof value === 'string' && CLAIM.test(value);

const LINES: Readonly<Record<Shelf, Shape>> = {
  bronze: [...HEADER, ['change', isChange], ['payload', anything], ['payloadRef', isClaim, '?']],
  quarantine: [...HEADER, ['reason', anything], ['bodyBase64', anything]],
};

/** Whether a parsed line has the keys of docs/lake-format.md, all of them, in their order and of their types. */
export function hasLineShape(value: unknown, shelf: Shelf): value is JsonObject {
  return (
    isObject(value) && hasShape(value, LINES[shelf]) && (value['payloadRef'] === undefined || value['payload'] === null)
  );
}

function hasShape(value: JsonObject, shape: Shape): boolean {
  let next = 0;
  for (const key in value) {
    while (next < shape.length && shape[next]?.[0] !== key && shape[next]?.[2] === '?') next += 1;
    const [expected, check] = shape[next] ?? [];
    if (expected !== key || check?.(value[key]) !== true) return false;
    next += 1;
  }
  while (shape[next]?.[2] === '?') next += 1;
  return next === shape.length;
}
