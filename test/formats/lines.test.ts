import { readFileSync } from 'node:fs';
import path from 'node:path';
import { factsOf, referenceTo } from '../../src/lib/capture/claim';
import { readBody } from '../../src/lib/decode/body';
import { claimOf } from '../../src/lib/decode/claim';
import { refuseBirthAmongFiles } from '../../src/lib/ledger/birth';
import { isOf } from '../../src/lib/ledger/open';
import { type Lake } from '../../src/lib/ledger/port';
import { type Birth } from '../../src/lib/ledger/rules';
import { whoseFile } from '../../src/lib/ledger/whose';
import { LineCheck } from '../../src/lib/maintenance/deep/line-check';
import { ownerOf } from '../../src/lib/maintenance/optimise/ledgers';
import { holding } from './holding';
import { CLAIM, CONTEXT, NAMES, NOON, WHOLE } from './lines';

/**
 * Lines are read by analysts, by whoever asks whose a file is, and by `verify --deep`: samples of them as they were first written.
 * That they are still written so, the table of formats tests.
 */

const sample = (name: string): Buffer => readFileSync(path.join(__dirname, '../fixtures/formats', `${name}-1.sample`));

/** A lake whose data files begin like this, and that lists one of them. */
const beginning = (text: Buffer | string, file: string): Lake => ({
  ...holding(null),
  readHead: () => Promise.resolve(Buffer.from(text)),
  async *list(folder: string) {
    if (file.startsWith(`${folder}/`)) yield await Promise.resolve({ path: file, bytes: 1 });
  },
});

describe.each(['bronze', 'quarantine'] as const)('a line of %s', (shelf) => {
  const file = NAMES[shelf];
  const [line = '', ...others] = sample(shelf).toString().split('\n').slice(0, -1);

  /** What `verify --deep` tells of lines, one after another. */
  const toldOf = (lines: readonly string[]): string[] => {
    const name = { firstEnqueuedAt: NOON, partition: '3', incarnation: 1, first: 0n, last: 4n, count: 4 };
    const check = new LineCheck({ shelf, source: 'postgresql', file: name, owners: [CONTEXT] });
    const told: string[] = [];
    for (const each of lines) {
      check.check(
        Buffer.from(each),
        (kind) => told.push(kind),
        () => undefined,
      );
    }
    return told;
  };

  const birth: Birth = { ...CONTEXT, hubCreatedAt: null, generation: 'g' };
  const bear = (lake: Lake, of = birth): Promise<void> => refuseBirthAmongFiles(lake, of, { from: NOON, to: NOON });

  test('tells whose it is', async () => {
    const lake = beginning(sample(shelf), file);
    expect(await whoseFile(lake, CONTEXT, file)).toBe('ours');
    expect(await whoseFile(lake, { ...CONTEXT, hub: 'others' }, file)).toBe('no');
    expect(await whoseFile(lake, { ...CONTEXT, partition: '33' }, file)).toBe('no');
    expect(await ownerOf(lake, file)).toEqual(CONTEXT);
    await expect(bear(lake)).rejects.toMatchObject({ code: 'LEDGER_MISSING' });
    await bear(lake, { ...birth, hub: 'others' });
  });

  test('is sound to who checks it word for word', () => {
    expect(toldOf([line, ...others])).toEqual([]);
  });

  describe('of a newer format', () => {
    test.each([2, 10, 999_999_999])('(%i) that tells whose it is, counts as a file of its owner', async (format) => {
      const newer = line.replace('"format":1', `"format":${format}`);
      const lake = beginning(newer, file);
      expect(await whoseFile(lake, CONTEXT, file)).toBe('ours_newer');
      expect(await whoseFile(lake, { ...CONTEXT, hub: 'others' }, file)).toBe('no');
      expect(await isOf(lake, CONTEXT, file)).toBe(true);
      await expect(bear(lake)).rejects.toThrow(/^LEDGER_MISSING: .*is a file of its partition, with lines of a newer/);
      await bear(lake, { ...birth, hub: 'others' });
    });

    test('that does not tell, may be of any hub: no partition of its number is born beside it', async () => {
      const lake = beginning('{"format":2,"v":[1,"', file);
      expect(await whoseFile(lake, CONTEXT, file)).toBe('untold');
      expect(await isOf(lake, CONTEXT, file)).toBe(false);
      await expect(bear(lake)).rejects.toThrow(/^LEDGER_MISSING: .*may be a file of its partition.*Deploy the newer/);
      await bear(lake, { ...birth, partition: '4' });
    });

    test('is not merged', async () => {
      const newer = line.replace('"format":1', '"format":2');
      expect(await ownerOf(beginning(newer, file), file)).toBe('newer_format');
      expect(await ownerOf(beginning('{"format":2,"v":[1,"', file), file)).toBe('newer_format');
    });

    test('is told once for a file by who checks it, beside what is wrong with the others', () => {
      const newer = line.replace('"format":1', '"format":2');
      expect(toldOf([newer, newer, ...others])).toEqual(['newer_format']);
      expect(toldOf(['{"format":2,', newer, line.replace('"hub"', '"hubs"')])).toEqual([
        'newer_format',
        'wrong_header',
      ]);
    });
  });

  test.each([
    ['0', line.replace('"format":1', '"format":0')],
    ['of text', line.replace('"format":1', '"format":"1"')],
    ['with leading zeros', line.replace('"format":1', '"format":01')],
    ['that is not first', line.replace(/^\{"format":1,("source":"\w+"),/, '{$1,"format":1,')],
    ['that is missing', line.replace('"format":1,', '')],
  ])('with a format %s is none', async (_, text) => {
    expect(text).not.toBe(line);
    const lake = beginning(text, file);
    expect(await whoseFile(lake, CONTEXT, file)).toBe('no');
    expect(await ownerOf(lake, file)).toBeNull();
    expect(toldOf([text])).toEqual([text.includes(':01') ? 'not_json' : 'wrong_header']);
  });

  test('whose format is told a second time, as a newer one, is not taken for sound', () => {
    expect(toldOf([line.replace(/\}$/, ',"format":2}')])).toEqual(['wrong_header']);
    expect(toldOf([line.replace('"partitionKey"', '"format":2,"partitionKey"')])).toEqual(['wrong_header']);
  });
});

test('what the hub carries instead of an event that is too large is known as that', () => {
  const body = sample('claim');
  expect(referenceTo(factsOf(Buffer.from(JSON.stringify(WHOLE))), CLAIM).toString()).toBe(body.toString());
  const read = readBody(body);
  expect(read).toHaveProperty('value');
  expect(claimOf({ payloadRef: CLAIM }, (read as { value: unknown }).value)).toBe(CLAIM);
});

test('an event that is too large lies where it always did', () => {
  expect(CLAIM).toBe('claims/postgresql/bf38f404b158622d5c0fce2ae91665a64b2acfd396b69fc4601c1f4a0cb02eaf.json');
});
