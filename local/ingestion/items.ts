import { gunzipSync } from 'node:zlib';

/** One telemetry item, as far as it is looked at here: what Application Insights calls an envelope. */
export interface Envelope {
  readonly name: string;
  readonly time: string;
  readonly iKey: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: { readonly baseType: string; readonly baseData: BaseData };
}

export interface BaseData {
  readonly metrics?: readonly MetricItem[];
  readonly exceptions?: readonly ExceptionItem[];
  readonly properties?: Readonly<Record<string, string>>;
}

/** `count`, `min` and `max` are there for what was added up before it was sent. */
export interface MetricItem {
  readonly name: string;
  readonly value: number;
  readonly count?: number;
  readonly min?: number;
  readonly max?: number;
}

export interface ExceptionItem {
  readonly typeName: string;
  readonly message: string;
  readonly parsedStack?: readonly unknown[];
}

/**
 * Reads the body of a request to `track`: a JSON array, or one object a line; both also gzipped.
 *
 * @throws Error for what is neither
 */
export function readItems(body: Buffer, encoding: string | undefined): Envelope[] {
  const text = (encoding === 'gzip' ? gunzipSync(body) : body).toString('utf8').trim();
  if (text === '') return [];
  const items: unknown = text.startsWith('[')
    ? JSON.parse(text)
    : text.split('\n').map((line) => JSON.parse(line) as unknown);
  return items as Envelope[];
}

/** What is wrong with an item, told as the service does; null for one that it takes. */
export function faultOf(item: Partial<Envelope>): string | null {
  if (typeof item.iKey !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(item.iKey)) {
    return 'Invalid instrumentation key';
  }
  if (Number.isNaN(Date.parse(item.time ?? ''))) return "Field 'time' on type 'Envelope' is of incorrect type";
  if (typeof item.data?.baseType !== 'string') return "Field 'data' on type 'Envelope' is required but missing";
  return null;
}
