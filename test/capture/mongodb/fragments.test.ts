import { BSON } from 'mongodb';
import { Fragments } from '../../../src/lib/capture/mongodb/fragments';

const part = (fragment: number, of: number): Buffer =>
  Buffer.from(BSON.serialize({ _id: { _data: `${fragment}` }, splitEvent: { fragment, of } }));
const whole = Buffer.from(BSON.serialize({ _id: { _data: 'w' }, operationType: 'insert' }));

test('parts are gathered until the last has come; between them there is no place to go on behind', () => {
  const fragments = new Fragments();
  expect([fragments.take(part(1, 3)), fragments.isWithin]).toEqual([null, true]);
  expect([fragments.take(part(2, 3)), fragments.isWithin]).toEqual([null, true]);
  expect(fragments.take(part(3, 3))).toHaveLength(3);
  expect(fragments.isWithin).toBe(false);
  expect(fragments.take(whole)).toEqual([whole]);
});

test.each<[string, Buffer[]]>([
  ['one that is left out', [part(1, 3), part(3, 3)]],
  ['one that comes twice', [part(1, 3), part(1, 3)]],
  ['one without its beginning', [part(2, 3)]],
  ['another event in between', [part(1, 2), whole]],
])('%s is refused', (_name, documents) => {
  const fragments = new Fragments();
  expect(() => documents.forEach((document) => fragments.take(document))).toThrow(
    /gave fragment .*, expected fragment \d/,
  );
});
