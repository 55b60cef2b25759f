import { Repeats } from '../../../local/demo/repeats';

const line = (source: string, eventId: string, payload = '{}'): string =>
  `{"format":1,"source":"${source}","namespace":"n","hub":"h","incarnation":1,"partition":"0","sequenceNumber":1,"offset":"1",` +
  `"enqueuedTime":"2026-11-26T00:00:00.000Z","partitionKey":null,"properties":{},"eventId":${eventId},"change":null,"payload":${payload}}\n`;

function repeats(...files: string[][]): number {
  const counted = new Repeats();
  for (const lines of files) counted.note(Buffer.from(lines.join('')));
  return counted.count;
}

test('an event id counts again in whatever file it is, for one source at a time', () => {
  expect(repeats([line('postgresql', '"a"'), line('postgresql', '"b"')], [line('postgresql', '"a"')])).toBe(1);
  expect(repeats([line('postgresql', '"a"'), line('mongodb', '"a"')])).toBe(0);
  expect(repeats([line('postgresql', '"a"'), line('postgresql', '"a"'), line('postgresql', '"a"')])).toBe(2);
});

test('lines of a newer format do not count: what stands where is not known', () => {
  const newer = line('postgresql', '"a"').replace('"format":1', '"format":2');
  expect(repeats([newer, newer])).toBe(0);
});

test('events without an id, and payloads that look like headers, do not count', () => {
  expect(repeats([line('postgresql', 'null'), line('postgresql', 'null')])).toBe(0);
  const payload = '{"eventId":"a","change":1}';
  expect(repeats([line('postgresql', '"a"'), line('postgresql', '"b"', payload)])).toBe(0);
  expect(repeats([line('mongodb', '"with \\"quotes\\""'), line('mongodb', '"with \\"quotes\\""')])).toBe(1);
});
