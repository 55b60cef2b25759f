import { type ScenarioName, wronglyRemoved } from './scenarios';
import { type Edit } from '../../support/mutate';
import { cleanUpOf } from './mutate';
import { World } from './world';

/** Mistakes that somebody could make: each is caught by the scenario beside it. */

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const CHECKPOINTS = 'src/lib/maintenance/checkpoints';

const unknownIsGone: Edit = {
  file: 'src/lib/hub/presence.ts',
  right: "return isNotFound(thrown) ? { answer: 'gone' }",
  wrong: "return thrown !== null ? { answer: 'gone' }",
};
const unproven: Edit = {
  file: `${CHECKPOINTS}/judge.ts`,
  right: "if (!answers.proven) return { do: 'leave', reason: 'namespace_unproven' };",
  wrong: '',
};

test.each<[string, ScenarioName, readonly Edit[]]>([
  ['an access refused is taken for gone', 'the key is wrong for one hub alone, which is there', [unknownIsGone]],
  ['an access refused to a group is taken for gone', 'groups cannot be asked for', [unknownIsGone]],
  [
    'a name that does not resolve is taken for gone',
    'the name of the namespace does not resolve',
    [unknownIsGone, unproven],
  ],
  ['no connection is taken for gone', 'nobody listens', [unknownIsGone, unproven]],
  ['silence is taken for gone', 'whoever listens never answers', [unknownIsGone, unproven]],
  ['a wrong key is taken for gone', 'the key is wrong', [unknownIsGone, unproven]],
  ['throttling is taken for gone', 'the service is throttled', [unknownIsGone, unproven]],
  ['the namespace is not proven', 'another namespace bears the name, and none of our hubs', [unproven]],
  [
    'hubs that are not ours are taken for ours',
    'hubs of other namespaces, and other hubs of this one, are gone',
    [
      {
        file: `${CHECKPOINTS}/scope.ts`,
        right: "? null : 'other_hub'",
        wrong: '? null : null',
      },
      {
        file: `${CHECKPOINTS}/ask.ts`,
        right: 'hubs.get(keyOf(hub)) ?? NOT_ASKED',
        wrong: "hubs.get(keyOf(hub)) ?? { answer: 'gone' }",
      },
    ],
  ],
  [
    'the namespace is not looked at',
    'hubs of other namespaces, and other hubs of this one, are gone',
    [
      { file: `${CHECKPOINTS}/scope.ts`, right: "return 'other_namespace';", wrong: '{}' },
      { file: `${CHECKPOINTS}/ask.ts`, right: 'presence.partitions[0]', wrong: "'9'" },
      {
        file: `${CHECKPOINTS}/judge.ts`,
        right: '!hub.partitions.includes(record.partition)',
        wrong: 'record.namespace !== scope.namespace',
      },
    ],
  ],
  [
    'names are not looked at closely',
    'blobs that are no records',
    [{ file: `${CHECKPOINTS}/name.ts`, right: '|| name !== name.toLowerCase()', wrong: '' }],
  ],
  [
    'records are deleted without If-Match',
    'a record is renewed between look and deletion',
    [
      {
        file: 'src/lib/lake/azure-checkpoints.ts',
        right: 'blob.delete({ abortSignal, conditions: { ifMatch: etag } })',
        wrong: 'blob.delete({ abortSignal })',
      },
    ],
  ],
  [
    'records are deleted without If-Match, of a hub made anew',
    'a hub is made anew once its end is proven, and read',
    [
      {
        file: 'src/lib/lake/azure-checkpoints.ts',
        right: 'blob.delete({ abortSignal, conditions: { ifMatch: etag } })',
        wrong: 'blob.delete({ abortSignal })',
      },
    ],
  ],
  [
    'answers are kept from page to page',
    'a hub is made anew between two pages, and read',
    [
      {
        file: `${CHECKPOINTS}/clean.ts`,
        right: 'const answers = await ask(',
        wrong:
          'let kept: Awaited<ReturnType<typeof ask>>; const answers = (globalThis as any).keptAnswers ??= await ask(',
      },
    ],
  ],
  [
    'one not-found is enough',
    'the namespace says not-found for a moment',
    [{ file: `${CHECKPOINTS}/ask.ts`, right: "if (first.answer !== 'gone') return first;", wrong: 'return first;' }],
  ],
  [
    'legacy records go without a look at the checkpoint',
    'legacy records that reading still begins at, or that are leased',
    [{ file: `${CHECKPOINTS}/legacy.ts`, right: 'present !== null && present >= old', wrong: 'present !== old' }],
  ],
  [
    'any checkpoint is far enough',
    'legacy records that reading still begins at, or that are leased',
    [{ file: `${CHECKPOINTS}/legacy.ts`, right: '&& present >= old', wrong: '' }],
  ],
])('%s', async (_, name, edits) => {
  const code = await cleanUpOf(edits);
  expect(await wronglyRemoved(world, name, { code })).not.toEqual([]);
});

test.each([
  'the key is wrong for one hub alone, which is there',
  'a hub is made anew between two pages, and read',
  'legacy records that reading still begins at, or that are leased',
] as const)('without a mistake, code that is loaded this way passes: %s', async (name) => {
  expect(await wronglyRemoved(world, name, { code: await cleanUpOf([]) })).toEqual([]);
});
