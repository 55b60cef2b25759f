import fc from 'fast-check';
import { judge } from '../../../local/verdict/judge';
import { type LakeFile } from '../../../local/verdict/read-lake';
import { each, smallLake } from './lake';

/** Whatever single thing is done to a clean lake, the verdict is not "ok". */

const clean = smallLake().files;

async function isOk(files: readonly LakeFile[]): Promise<boolean> {
  return (await judge(smallLake().sent, each(files))).ok;
}

const withBytes = (index: number, bytes: Buffer): LakeFile[] => clean.with(index, { ...fileAt(index), bytes });
const withPath = (index: number, path: string): LakeFile[] => clean.with(index, { ...fileAt(index), path });

function fileAt(index: number): LakeFile {
  const file = clean[index];
  if (file === undefined) throw new Error(`the small lake has no file ${index}`);
  return file;
}

/** What only Event Hubs knows: the offset, and the time of day but of the first event of a run, which the name tells, too. */
function freeBytes({ bytes, path }: LakeFile): Set<number> {
  const text = bytes.toString('latin1');
  const offsets = [...text.matchAll(/(?<="offset":")\d+/g)];
  const times = [...text.matchAll(/(?<="enqueuedTime":"\d{4}-\d\d-\d\d)T[\d:.]+Z/g)];
  const free = [...offsets, ...(path.startsWith('bronze') ? times.slice(1) : times)];
  return new Set(free.flatMap(({ index, 0: value }) => Array.from(value, (_, i) => index + i)));
}

const bytePlaces = clean.flatMap((file, index) => {
  const free = freeBytes(file);
  return Array.from(file.bytes.keys())
    .filter((at) => !free.has(at))
    .map((at) => ({ index, at }));
});
/** Places between two bytes, named by the second; what is put in next to a free byte is free as well. */
const gaps = bytePlaces.filter(({ index, at }) => !freeBytes(fileAt(index)).has(at - 1));
/** Gaps where a space changes nothing: between the tokens of the two objects that are not compared as text. */
const spacious = (index: number, at: number): boolean =>
  [
    ...fileAt(index)
      .bytes.toString('latin1')
      .matchAll(/"(?:properties|change)":\{[^}]*\}/g),
  ].some(({ index: start, 0: object }) => at > start && at < start + object.length);
const pathPlaces = clean.flatMap(({ path }, index) => Array.from({ length: path.length }, (_, at) => ({ index, at })));

test('the lake to be damaged is ok', async () => {
  expect(await isOk(clean)).toBe(true);
  expect(bytePlaces.length).toBeGreaterThan(3_000);
});

test('every byte changed, one at a time: to its neighbour', async () => {
  for (const { index, at } of bytePlaces) {
    const bytes = Buffer.from(fileAt(index).bytes);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    if (await isOk(withBytes(index, bytes))) throw new Error(`unnoticed: byte ${at} of ${fileAt(index).path}`);
  }
});

test('a byte changed to any other', () =>
  fc.assert(
    fc.asyncProperty(fc.constantFrom(...bytePlaces), fc.integer({ min: 1, max: 255 }), async ({ index, at }, flip) => {
      const bytes = Buffer.from(fileAt(index).bytes);
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      expect(await isOk(withBytes(index, bytes))).toBe(false);
    }),
    { numRuns: 1_000 },
  ));

test('bytes cut out', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bytePlaces),
      fc.integer({ min: 1, max: 600 }),
      async ({ index, at }, length) => {
        const { bytes } = fileAt(index);
        const cut = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        expect(await isOk(withBytes(index, cut))).toBe(false);
      },
    ),
    { numRuns: 500 },
  ));

test('bytes put in', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...gaps),
      fc.uint8Array({ minLength: 1, maxLength: 20 }),
      async ({ index, at }, more) => {
        const { bytes } = fileAt(index);
        fc.pre(Buffer.from(more).toString('latin1').trim() !== '');
        const grown = Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
        expect(await isOk(withBytes(index, grown))).toBe(false);
      },
    ),
    { numRuns: 500 },
  ));

test('white space put in, between tokens or within', async () => {
  for (const { index, at } of gaps) {
    const { bytes } = fileAt(index);
    for (const space of spacious(index, at) ? ['\n'] : [' ', '\t', '\r', '\n']) {
      const grown = Buffer.concat([bytes.subarray(0, at), Buffer.from(space), bytes.subarray(at)]);
      if (await isOk(withBytes(index, grown)))
        throw new Error(`unnoticed: ${JSON.stringify(space)} at ${at} of ${fileAt(index).path}`);
    }
  }
});

test('a line said twice, left out, or moved to another file', async () => {
  for (const index of clean.keys()) {
    const lines = fileAt(index)
      .bytes.toString('latin1')
      .split(/(?<=\n)/);
    for (const at of lines.keys()) {
      const twice = lines.toSpliced(at, 0, lines[at] ?? '');
      const without = lines.toSpliced(at, 1);
      for (const text of [twice, without]) {
        expect(await isOk(withBytes(index, Buffer.from(text.join(''), 'latin1')))).toBe(false);
      }
      const to = (index + 1) % clean.length;
      const grown = Buffer.from(fileAt(to).bytes.toString('latin1') + (lines[at] ?? ''), 'latin1');
      const moved = withBytes(index, Buffer.from(without.join(''), 'latin1')).with(to, { ...fileAt(to), bytes: grown });
      expect(await isOk(moved)).toBe(false);
    }
  }
});

test('a file removed, emptied, or there twice', async () => {
  for (const [index, { path, bytes }] of clean.entries()) {
    expect(await isOk(clean.toSpliced(index, 1))).toBe(false);
    expect(await isOk(withBytes(index, Buffer.alloc(0)))).toBe(false);
    for (const to of [path.replace('_3_', '_2_'), path.replace('/25/', '/26/'), path.replace(/\d(?=Z)/, '7')]) {
      expect(await isOk([...clean, { path: to, bytes }])).toBe(false);
    }
  }
});

test('a character of a name changed, put in or left out', async () => {
  for (const { index, at } of pathPlaces) {
    const { path } = fileAt(index);
    const [before, here, after] = [path.slice(0, at), path[at], path.slice(at + 1)];
    const others = [...Array.from('0123456789'), '_', '-', '/', 'x', 'Z'].filter((letter) => letter !== here);
    const damaged = [
      before + after,
      ...others.flatMap((letter) => [before + letter + after, before + letter + (here ?? '') + after]),
    ];
    for (const to of damaged) {
      if (await isOk(withPath(index, to))) throw new Error(`unnoticed: ${path} as ${to}`);
    }
  }
});
