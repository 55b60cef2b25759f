import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PipelineError } from '../../src/lib/errors';
import { FORMATS, type Format } from './formats';

/**
 * What once was written to a lake must be readable for ever. A sample of each format was kept as it was first written: it is never
 * changed. A new version of a format gets a new sample, beside the old one.
 */

const samples = path.join(__dirname, '../fixtures/formats');
const src = path.join(__dirname, '../../src/lib');

const sampleOf = ({ name }: Format): Buffer => readFileSync(path.join(samples, `${name}-1.sample`));

/** The same of a newer version. */
function newer(bytes: Buffer): Buffer {
  const text = bytes.toString();
  const next = text.replace(/"(format|version)": ?1\b/, (found) => found.replace('1', '2'));
  if (next === text) throw new Error('the sample has no number of a format');
  return Buffer.from(next);
}

async function outcomeOf(read: () => unknown): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    return error;
  }
}

describe.each(FORMATS)('$name', (format) => {
  test('as it was first written is read', async () => {
    expect(await format.read(sampleOf(format))).toEqual(format.value);
  });

  test('of a newer version is refused, or left out, and whoever is needed is told', async () => {
    const outcome = await outcomeOf(() => format.read(newer(sampleOf(format))));
    if ('answer' in format.newer) {
      expect(outcome).toEqual(format.newer.answer);
      return;
    }
    expect(outcome).toBeInstanceOf(PipelineError);
    expect(outcome).toMatchObject({ code: format.newer.code });
    expect((outcome as Error).message).toMatch(format.newer.says);
  });

  test('is written today as it was first', async () => {
    expect((await format.write()).toString()).toBe(sampleOf(format).toString());
  });
});

test('each module that numbers a format has a sample', () => {
  const NUMBERED = /^(?:export )?const (?:[A-Z]+_)*(?:FORMAT|VERSION) = \d+;/m;
  const numbered = globSync('**/*.ts', { cwd: src })
    .filter((file) => NUMBERED.test(readFileSync(path.join(src, file), 'utf8')))
    .map((file) => file.replace(/\.ts$/, '').replaceAll(path.sep, '/'));
  expect(numbered.length).toBeGreaterThan(3);
  expect(numbered.filter((file) => !FORMATS.some(({ module }) => module === file))).toEqual([]);
});
