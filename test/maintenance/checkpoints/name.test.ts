import fc from 'fast-check';
import { checkpointOf, formatRecordName, parseRecordName } from '../../../src/lib/maintenance/checkpoints/name';

const AZURE = 'example.servicebus.windows.net';

test.each([
  [`${AZURE}/orders/lake/checkpoint/0`, 'checkpoint', 'orders', 'lake', '0'],
  [`${AZURE}/orders/$default/ownership/31`, 'ownership', 'orders', '$default', '31'],
  [`${AZURE}/Orders/$Default/3`, 'legacy', 'Orders', '$Default', '3'],
  [`${AZURE}/orders/checkpoint/0`, 'legacy', 'orders', 'checkpoint', '0'],
  [`${AZURE}/checkpoint/ownership/checkpoint/0`, 'checkpoint', 'checkpoint', 'ownership', '0'],
])('%s is a record', (name, kind, hub, group, partition) => {
  expect(parseRecordName(name)).toEqual({ kind, namespace: AZURE, hub, group, partition });
});

test.each([
  '',
  'readme.txt',
  `${AZURE}/orders/lake`,
  `${AZURE}/orders/lake/checkpoint`,
  `${AZURE}/orders/lake/checkpoint/`,
  `${AZURE}/orders/lake/checkpoint/zero`,
  `${AZURE}/orders/lake/checkpoint/00`,
  `${AZURE}/orders/lake/checkpoint/-1`,
  `${AZURE}/orders/lake/checkpoint/0/0`,
  `${AZURE}/orders/lake/legacy/0`,
  `${AZURE}/orders/lake/lease/0`,
  `${AZURE}/Orders/lake/checkpoint/0`,
  `${AZURE}/orders/$Default/ownership/0`,
  `${AZURE}/orders/$other/0`,
  `${AZURE}//lake/0`,
  `/${AZURE}/orders/lake/0`,
  `${AZURE}/orders/lake/0/`,
  `${AZURE}/orders/la ke/0`,
  `${AZURE}/orders/lake/٣`,
])('"%s" is none', (name) => expect(parseRecordName(name)).toBeNull());

const part = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,10}[a-zA-Z0-9])?$/);
const record = fc.record({
  kind: fc.constantFrom('checkpoint' as const, 'ownership' as const, 'legacy' as const),
  namespace: fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,10}[a-zA-Z0-9])?$/),
  hub: part,
  group: fc.oneof(part, fc.constantFrom('$Default', '$default')),
  partition: fc.nat({ max: 2000 }).map(String),
});

test('a name parses to the record that it was made of, a legacy one in its case', () => {
  fc.assert(
    fc.property(record, (made) => {
      const lower = {
        ...made,
        namespace: made.namespace.toLowerCase(),
        hub: made.hub.toLowerCase(),
        group: made.group.toLowerCase(),
      };
      expect(parseRecordName(formatRecordName(made))).toEqual(made.kind === 'legacy' ? made : lower);
    }),
  );
});

test('whatever parses is formatted back to the same name', () => {
  const piece = fc.constantFrom(
    'a',
    'A.b',
    '$Default',
    '$default',
    'checkpoint',
    'ownership',
    'legacy',
    '0',
    '12',
    '01',
    '',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 3, maxLength: 6 }), (pieces) => {
      const name = pieces.join('/');
      const parsed = parseRecordName(name);
      if (parsed !== null) expect(formatRecordName(parsed)).toBe(name);
    }),
    { numRuns: 2000 },
  );
});

test("a legacy record's checkpoint of today is lower-cased", () => {
  const legacy = { kind: 'legacy' as const, namespace: 'Example.x', hub: 'Orders', group: '$Default', partition: '3' };
  expect(checkpointOf(legacy)).toBe('example.x/orders/$default/checkpoint/3');
});
