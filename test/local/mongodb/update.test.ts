import fc from 'fast-check';
import { BSON, type Document } from 'mongodb';
import { applyUpdate } from '../../../local/mongodb/update';
import { field, type RawValue } from '../../../local/mongodb/raw';

const raw = (document: Document): Buffer => Buffer.from(BSON.serialize(document));
const value = (u: unknown): RawValue => field(raw({ u }), 'u') as RawValue;

function updated(before: Document, u: unknown) {
  const result = applyUpdate(raw(before), value(u), { now: 0, inserting: false });
  if (result === null) return null;
  const { after, description } = result;
  if (description === null) return { after: BSON.deserialize(after), description };
  const { updatedFields, removedFields, truncatedArrays } = description;
  const list = (bytes: Buffer): unknown[] => Object.values(BSON.deserialize(bytes));
  return {
    after: BSON.deserialize(after),
    description: {
      updatedFields: BSON.deserialize(updatedFields),
      removedFields: list(removedFields),
      truncatedArrays: list(truncatedArrays),
    },
  };
}

test.each<[string, Document, Document, Document, Document, string[]]>([
  ['a value', { a: 1 }, { $set: { a: 2 } }, { a: 2 }, { a: 2 }, []],
  ['a path that is missing', {}, { $set: { 'a.b.c': 1 } }, { a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }, []],
  [
    'a path that is there in part',
    { a: { x: 1 } },
    { $set: { 'a.b.c': 1 } },
    { a: { x: 1, b: { c: 1 } } },
    { 'a.b': { c: 1 } },
    [],
  ],
  ['behind the end of an array', { a: [1] }, { $set: { 'a.3': 4 } }, { a: [1, null, null, 4] }, { 'a.3': 4 }, []],
  ['a member taken out', { a: [1, 2] }, { $unset: { 'a.0': '' } }, { a: [null, 2] }, { 'a.0': null }, []],
  ['a field taken out', { a: { b: 1 }, c: 1 }, { $unset: { 'a.b': '', x: '' } }, { a: {}, c: 1 }, {}, ['a.b']],
  ['a member added', { a: [1] }, { $push: { a: 2 } }, { a: [1, 2] }, { a: [1, 2] }, []],
  ['one that is there', { a: [1] }, { $addToSet: { a: { $each: [1, 2] } } }, { a: [1, 2] }, { a: [1, 2] }, []],
  ['the least', { a: 5, b: 5 }, { $min: { a: 3, b: 9 } }, { a: 3, b: 5 }, { a: 3 }, []],
  ['the most', { a: 5, b: 5 }, { $max: { a: 3, b: 9 } }, { a: 5, b: 9 }, { b: 9 }, []],
  ['the last', { a: [1, 2] }, { $pop: { a: 1 } }, { a: [1] }, { a: [1] }, []],
])('operators change %s', (_name, before, u, after, updatedFields, removedFields) => {
  const description = { updatedFields, removedFields, truncatedArrays: [] };
  expect(updated({ _id: 1, ...before }, u)).toEqual({ after: { _id: 1, ...after }, description });
});

test('fields are told in the order of the server: what was there, what is new, what is further down', () => {
  const { description } = updated({ _id: 1, z: 1, m: { n: 1 } }, { $set: { 'm.n': 2, a: 1, z: 2, 'm.a': 1 } }) ?? {};
  expect(Object.keys(description?.updatedFields ?? {})).toEqual(['z', 'a', 'm.n', 'm.a']);
});

test.each([
  [{ a: 1 }, { $set: { a: 1 } }],
  [{ a: 1 }, { $unset: { b: '', 'a.b': '' } }],
  [{ a: 1 }, { a: 1 }],
  [{ a: [1] }, [{ $set: { a: [1] } }]],
  [{ a: 1 }, { $setOnInsert: { a: 2 } }],
])('%j is left alone by %j', (before, u) => {
  expect(updated({ _id: 1, ...before }, u)).toBeNull();
});

/** What a client does that applies an event's description to the document that it has. */
function applied(
  before: Document,
  {
    updatedFields,
    removedFields,
    truncatedArrays,
  }: {
    updatedFields: Document;
    removedFields: unknown[];
    truncatedArrays: unknown[];
  },
): Document {
  const document = structuredClone(before);
  const holder = (path: string): [Document, string] => {
    const names = path.split('.');
    const last = names.pop() ?? '';
    return [names.reduce<Document>((inner, name) => inner[name] as Document, document), last];
  };
  for (const { field: path, newSize } of truncatedArrays as { field: string; newSize: number }[]) {
    const [inner, name] = holder(path);
    (inner[name] as unknown[]).length = newSize;
  }
  for (const path of removedFields as string[]) {
    const [inner, name] = holder(path);
    Reflect.deleteProperty(inner, name);
  }
  for (const [path, changed] of Object.entries(updatedFields)) {
    const [inner, name] = holder(path);
    inner[name] = changed as unknown;
  }
  return document;
}

test('what a pipeline is told to have changed makes the new document out of the old', () => {
  const { tree } = fc.letrec<{ tree: Document; any: unknown }>((tie) => ({
    any: fc.oneof({ maxDepth: 2 }, fc.nat(2), fc.array(tie('any'), { maxLength: 3 }), tie('tree')),
    tree: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any')),
  }));
  fc.assert(
    fc.property(tree, tree, (before, after) => {
      const old = { _id: 1, ...before };
      const result = updated(old, [{ $replaceWith: { $literal: after } }]);
      const expected = { _id: 1, ...after };
      if (result === null || result.description === null) return expect(old).toEqual(expected);
      expect(result.after).toEqual(expected);
      expect(applied(old, result.description)).toEqual(expected);
    }),
  );
});
