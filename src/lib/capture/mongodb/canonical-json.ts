import { BSON } from 'mongodb';
import { elementsOf, TYPE, type BsonElement } from './bson-elements';

const { Decimal128 } = BSON;

/**
 * A BSON document as canonical Extended JSON: what `EJSON.stringify(document, {relaxed: false})` makes of it, but from the bytes
 * themselves, so that order, dates beyond JavaScript's and deprecated types come through, too.
 * https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
 *
 * @param start where the document begins
 */
export function documentJson(bytes: Buffer, start = 0): string {
  return objectJson(elementsOf(bytes, start));
}

/** An object of these fields. */
export function objectJson(elements: readonly BsonElement[]): string {
  let text = '{';
  for (const element of elements) {
    text += `${text.length === 1 ? '' : ','}${JSON.stringify(element.name)}:${valueJson(element)}`;
  }
  return `${text}}`;
}

/** A field's value as canonical Extended JSON. */
export function valueJson({ type, bytes, start, end }: BsonElement): string {
  switch (type) {
    case TYPE.double:
      return `{"$numberDouble":"${doubleText(bytes.readDoubleLE(start))}"}`;
    case TYPE.string:
      return stringJson(bytes, start);
    case TYPE.document:
      return documentJson(bytes, start);
    case TYPE.array:
      return `[${elementsOf(bytes, start).map(valueJson).join()}]`;
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
    case TYPE.codeWithScope: {
      const scope = start + 8 + bytes.readInt32LE(start + 4);
      return `{"$code":${stringJson(bytes, start + 4)},"$scope":${documentJson(bytes, scope)}}`;
    }
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
