import fc from 'fast-check';
import { formatMarker, parseMarker, tellsTheSame, type Marker } from '../../../src/lib/maintenance/daily/marker';

const place = fc.record({
  namespace: fc.constant('example.servicebus.windows.net'),
  hub: fc.constantFrom('changes', 'others'),
  incarnation: fc.integer({ min: 1, max: 3 }),
  partition: fc.nat(31).map(String),
});
const range = fc
  .tuple(fc.bigInt(0n, 2n ** 62n), fc.nat(99))
  .map(([first, more]) => ({ first, last: first + BigInt(more) }));
const absent = fc.record({
  count: fc.nat(),
  partitions: fc.array(fc.tuple(place, fc.array(range)).map(([of, ranges]) => ({ ...of, ranges }))),
});
const counts = fc.record({ events: fc.nat(), quarantined: fc.nat() });
const marker: fc.Arbitrary<Marker> = fc.record({
  source: fc.constantFrom('postgresql' as const, 'mongodb' as const),
  day: fc.integer({ min: 20_000, max: 40_000 }),
  events: fc.nat(),
  quarantined: fc.nat(),
  partitions: fc.array(fc.tuple(place, range, counts).map(([of, numbers, lines]) => ({ ...of, ...numbers, ...lines }))),
  missing: absent,
  lost: absent,
  provedAt: fc.integer({ min: 0, max: 4e12 }),
});

test('a marker is read as it was written', () => {
  fc.assert(fc.property(marker, (one) => expect(parseMarker(formatMarker(one))).toEqual(one)));
});

test('when it was proved is no news, anything else is', () => {
  fc.assert(
    fc.property(marker, fc.nat(), (one, later) => {
      expect(tellsTheSame(one, { ...one, provedAt: later })).toBe(true);
      expect(tellsTheSame(one, { ...one, events: one.events + 1 })).toBe(false);
    }),
  );
});

test('what another wrote is no marker; what a newer version wrote is told', () => {
  for (const text of ['', '{}', 'null', '[]', '{"format":1}', '{"format":1,"day":"yesterday","partitions":[]}']) {
    expect(parseMarker(Buffer.from(text))).toBeNull();
  }
  expect(parseMarker(Buffer.from('{"format":2}'))).toBe('newer');
});
