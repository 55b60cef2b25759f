import { setImmediate } from 'node:timers/promises';
import { BSON } from 'mongodb';
import { endOf, lastOf, TYPE, type BsonElement } from './bson-elements';

const { Decimal128 } = BSON;

/**
 * A BSON document as canonical Extended JSON: what `EJSON.stringify(document, {relaxed: false})` makes of it, but from the bytes
 * themselves, so that order, dates beyond JavaScript's and deprecated types come through, too.
 * https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
 */
export const documentJson = (bytes: Buffer): string => valueJson(documentElement(bytes));

/** An object of these fields. */
export const objectJson = (elements: readonly BsonElement[]): string =>
  `{${elements.map((element) => `${JSON.stringify(element.name)}:${valueJson(element)}`).join()}}`;

/** A field's value as canonical Extended JSON. */
export function valueJson(element: BsonElement): string {
  let text = '';
  for (const slice of slicesOf(element)) text += slice;
  return text;
}

/** A whole document, as if it were a field's value. */
export const documentElement = (bytes: Buffer): BsonElement => ({
  ...{ type: TYPE.document, name: '', bytes, start: 0, end: bytes.length },
});

/** Text to be written before the event loop has its turn. */
const TURN_CHARACTERS = 64 * 1024;

/**
 * The UTF-8 of these texts and values, one behind the other. A document of 16 MB may hold a million numbers: other work of the process
 * goes on in between.
 */
export async function jsonBytes(parts: readonly (string | BsonElement)[]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let text = '';
  for (const part of parts) {
    for (const slice of typeof part === 'string' ? [part] : slicesOf(part)) {
      text += slice;
      if (text.length < TURN_CHARACTERS) continue;
      chunks.push(Buffer.from(text));
      text = '';
      await setImmediate();
    }
  }
  const last = Buffer.from(text);
  return chunks.length === 0 ? last : Buffer.concat([...chunks, last]);
}

/** What a slice may cost: a value costs 1, and 1 for each 64 bytes of it. */
const SLICE_COST = 2_500;

/** A document, an array or a scope that is being written. */
interface Container {
  /** Where its next value begins, and its last byte lies. */
  at: number;
  readonly last: number;
  readonly isArray: boolean;
  /** What stands behind its values. */
  readonly close: string;
  isEmpty: boolean;
}

/** Without recursion, so that it can pause anywhere, and for any depth. */
function* slicesOf({ type, bytes, start, end }: BsonElement): Generator<string, void> {
  const open: Container[] = [];
  let [text, cost] = [begin(type, bytes, start, end, open), 0];
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    if (inner.at >= inner.last) {
      text += inner.close;
      open.pop();
      continue;
    }
    const nameStart = inner.at + 1;
    const valueType = bytes[inner.at] as number;
    let nameEnd = nameStart;
    while (nameEnd < inner.last && bytes[nameEnd] !== 0) nameEnd += 1;
    inner.at = endOf(valueType, bytes, nameEnd + 1, inner.last);
    if (!inner.isEmpty) text += ',';
    if (!inner.isArray) text += `${JSON.stringify(bytes.toString('utf8', nameStart, nameEnd))}:`;
    inner.isEmpty = false;
    const depth = open.length;
    text += begin(valueType, bytes, nameEnd + 1, inner.at, open);
    cost += open.length > depth ? 1 : 1 + ((inner.at - nameEnd) >> 6);
    if (cost < SLICE_COST) continue;
    yield text;
    [text, cost] = ['', 0];
  }
  yield text;
}

/** A value's text; of a container its beginning, and its values are written next. */
function begin(type: number, bytes: Buffer, start: number, end: number, open: Container[]): string {
  switch (type) {
    case TYPE.document:
      open.push({ at: start + 4, last: lastOf(bytes, start), isArray: false, close: '}', isEmpty: true });
      return '{';
    case TYPE.array:
      open.push({ at: start + 4, last: lastOf(bytes, start), isArray: true, close: ']', isEmpty: true });
      return '[';
    case TYPE.codeWithScope: {
      const scope = start + 8 + bytes.readInt32LE(start + 4);
      open.push({ at: scope + 4, last: lastOf(bytes, scope), isArray: false, close: '}}', isEmpty: true });
      return `{"$code":${stringJson(bytes, start + 4)},"$scope":{`;
    }
    default:
      return scalarJson(type, bytes, start, end);
  }
}

function scalarJson(type: number, bytes: Buffer, start: number, end: number): string {
  switch (type) {
    case TYPE.double:
      return `{"$numberDouble":"${doubleText(bytes.readDoubleLE(start))}"}`;
    case TYPE.string:
      return stringJson(bytes, start);
    case TYPE.binary:
      return binaryJson(bytes, start, end);
    case TYPE.undefined:
      return '{"$undefined":true}';
    case TYPE.objectId:
      return objectIdJson(bytes, start);
    case TYPE.boolean:
      return bytes[start] === 0 ? 'false' : 'true';
    case TYPE.date:
      return `{"$date":{"$numberLong":"${bytes.readBigInt64LE(start)}"}}`;
    case TYPE.null:
      return 'null';
    case TYPE.regex: {
      const patternEnd = bytes.indexOf(0, start);
      const [pattern, options] = [bytes.toString('utf8', start, patternEnd), text(bytes, patternEnd + 1, end - 1)];
      return `{"$regularExpression":{"pattern":${JSON.stringify(pattern)},"options":${JSON.stringify(options)}}}`;
    }
    case TYPE.dbPointer:
      return `{"$dbPointer":{"$ref":${stringJson(bytes, start)},"$id":${objectIdJson(bytes, end - 12)}}}`;
    case TYPE.code:
      return `{"$code":${stringJson(bytes, start)}}`;
    case TYPE.symbol:
      return `{"$symbol":${stringJson(bytes, start)}}`;
    case TYPE.int32:
      return `{"$numberInt":"${bytes.readInt32LE(start)}"}`;
    case TYPE.timestamp:
      return `{"$timestamp":{"t":${bytes.readUInt32LE(start + 4)},"i":${bytes.readUInt32LE(start)}}}`;
    case TYPE.int64:
      return `{"$numberLong":"${bytes.readBigInt64LE(start)}"}`;
    case TYPE.decimal:
      return `{"$numberDecimal":"${new Decimal128(bytes.subarray(start, end)).toString()}"}`;
    case TYPE.maxKey:
      return '{"$maxKey":1}';
    case TYPE.minKey:
      return '{"$minKey":1}';
    default:
      throw new Error(`BSON type 0x${type.toString(16)} is not known`);
  }
}

/** JavaScript's shortest text, with a `.0` where it would read as an integer. */
function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** Bytes that are no UTF-8, which the server does not refuse, become U+FFFD: JSON has no form for them. */
const text = (bytes: Buffer, start: number, end: number): string => bytes.toString('utf8', start, end);

const stringJson = (bytes: Buffer, start: number): string =>
  JSON.stringify(text(bytes, start + 4, start + 3 + bytes.readInt32LE(start)));

const objectIdJson = (bytes: Buffer, start: number): string => `{"$oid":"${bytes.toString('hex', start, start + 12)}"}`;

/** Of the old subtype 2, whose bytes begin with their length a second time, only the rest is told. */
function binaryJson(bytes: Buffer, start: number, end: number): string {
  const subType = bytes[start + 4] as number;
  const base64 = bytes.toString('base64', start + (subType === 2 ? 9 : 5), end);
  return `{"$binary":{"base64":"${base64}","subType":"${subType.toString(16).padStart(2, '0')}"}}`;
}
