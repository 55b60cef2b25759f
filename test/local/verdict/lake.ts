import { type LakeFile } from '../../../local/verdict/read-lake';
import { SentLog } from '../../../local/verdict/sent';

/** A small lake, written by hand after docs/lake-format.md, and the log of who sent it. */
export interface SmallLake {
  readonly sent: SentLog;
  readonly files: LakeFile[];
  /** Numbers of the attempts, in the order of their sequence numbers. */
  readonly ids: readonly string[];
}

export const HUB = 'postgresql-changes';
export const DAY = 'postgresql/2026/11/25';

/** Bodies whose slightest change must be noticed. */
export const BODIES: readonly string[] = [
  '{"op":"c","after":{"id":9007199254740993,"price":12.50}}',
  '{"one":1.0,"two":2}',
  '{"b":1,"a":2}',
  '{"slash":"\\/"}',
  '{\r\n  "pretty": true\r\n}',
  '{"n":-0,"huge":1e400}',
  '',
  'null',
  '"text, and \\"payload\\": not"',
];

/** What is set aside. */
export const NOT_JSON = Buffer.of(0x6e, 0x6f, 0xff, 0x0a);

/** As they are sent; the host writes the first letter of a name in lower case. Made to mislead who looks for the payload. */
const PROPERTIES = { Note: ',"payload":', payload: 7, isShort: true } as const;
const PROPERTIES_IN_LAKE = '"note":",\\"payload\\":","payload":7,"isShort":true';

export function line(sequence: number, sentid: string | null, rest: string, partition = '3'): string {
  const time = `2026-11-25T10:00:${String(sequence % 60).padStart(2, '0')}.000Z`;
  const properties = sentid === null ? '{}' : `{"sentid":"${sentid}",${PROPERTIES_IN_LAKE}}`;
  return (
    `{"format":1,"source":"postgresql","namespace":"localhost","hub":"${HUB}","incarnation":1,"partition":"${partition}",` +
    `"sequenceNumber":${sequence},"offset":"${sequence * 64}","enqueuedTime":"${time}","partitionKey":"k",` +
    `"properties":${properties},"eventId":null,${rest}}\n`
  );
}

export function file(shelf: string, range: string, count: number, lines: readonly string[]): LakeFile {
  const second = String(Number(range.split('-')[0]) % 60).padStart(2, '0');
  const path = `${shelf}/${DAY}/data_20261125T1000${second}000Z_3_${range}_${count}.json`;
  return { path, bytes: Buffer.from(lines.join('')) };
}

/** Three files: sequence numbers 0-4, 5-9 (one of them set aside), all acknowledged. */
export function smallLake(): SmallLake {
  const sent = new SentLog();
  const send = (body: Buffer, expect: 'bronze' | 'quarantine'): string =>
    sent.attempt(HUB, { partitionKey: 'k', properties: PROPERTIES, body, expect });
  const ids = BODIES.map((body) => send(Buffer.from(body), 'bronze'));
  const aside = send(NOT_JSON, 'quarantine');
  sent.acknowledged([...ids, aside]);
  const bronze = BODIES.map((body, i) => {
    const change = body === '' ? '{"operation":"tombstone"}' : 'null';
    const payload = body === '' ? 'null' : body.replace(/[\r\n]/g, ' ');
    return line(i, ids[i] ?? null, `"change":${change},"payload":${payload}`);
  });
  const quarantine = line(9, aside, `"reason":"not_utf8","bodyBase64":"${NOT_JSON.toString('base64')}"`);
  return {
    sent,
    ids: [...ids, aside],
    files: [
      file('bronze', '0-4', 5, bronze.slice(0, 5)),
      file('bronze', '5-9', 4, bronze.slice(5)),
      file('quarantine', '5-9', 1, [quarantine]),
    ],
  };
}

export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
