import { type ChangeStreamOptions } from 'mongodb';
import { numbered, openStandIn, refusal, take } from './support';
import { aggregates, onStage, orders, stageOf, type Fact, type Stage } from './spec-stage';

/** An update of a document whose images are kept, or are not. */
const updated = async (stage: Stage, keepsImages: boolean, options: ChangeStreamOptions) => {
  await stage.standIn.db.command({ collMod: 'orders', changeStreamPreAndPostImages: { enabled: keepsImages } });
  await numbered(stage.standIn.db).insertOne({ _id: 1 });
  const stream = await stage.watch([], options);
  await numbered(stage.standIn.db).updateOne({ _id: 1 }, { $set: { x: 1 } });
  return stream;
};

const IMAGES: readonly Fact[] = [
  ...([true, false] as const).flatMap((keeps): Fact[] => {
    const name = (option: string, mode: string) =>
      `${option}:${mode} with changeStreamPreAndPostImages ${keeps ? 'enabled' : 'disabled'}`;
    const [after, before] = keeps ? [{ _id: 1, x: 1 }, { _id: 1 }] : [null, null];
    const required = (option: ChangeStreamOptions) => async (stage: Stage) => {
      const stream = await updated(stage, keeps, option);
      if (keeps) expect((await take(stream, 1))[0]).toMatchObject({ operationType: 'update' });
      else expect((await refusal(stream.next())).code).toBe(47);
    };
    return [
      [
        name('fullDocument', 'whenAvailable'),
        async (stage) => {
          const stream = await updated(stage, keeps, { fullDocument: 'whenAvailable' });
          expect((await take(stream, 1))[0]?.['fullDocument']).toEqual(after);
        },
      ],
      [name('fullDocument', 'required'), required({ fullDocument: 'required' })],
      [
        name('fullDocumentBeforeChange', 'whenAvailable'),
        async (stage) => {
          const stream = await updated(stage, keeps, { fullDocumentBeforeChange: 'whenAvailable' });
          expect((await take(stream, 1))[0]?.['fullDocumentBeforeChange']).toEqual(before);
        },
      ],
      [name('fullDocumentBeforeChange', 'required'), required({ fullDocumentBeforeChange: 'required' })],
      [
        name('fullDocumentBeforeChange', 'off'),
        async (stage) => {
          const stream = await updated(stage, keeps, { fullDocumentBeforeChange: 'off' });
          expect((await take(stream, 1))[0]).not.toHaveProperty('fullDocumentBeforeChange');
        },
      ],
    ];
  }),
];

/** The error, and what the server says of it to drivers. */
const RESUMABLE = [6, 7, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436];

const refuseGetMore = (stage: Stage, code: number, labels?: readonly string[]) =>
  stage.standIn.server.faults.add({ kind: 'refuse', on: 'getMore', code, ...(labels === undefined ? {} : { labels }) });

const resumes = (fail: (stage: Stage) => unknown) => async (stage: Stage) => {
  const stream = await stage.watch();
  fail(stage);
  await orders(stage).insertOne({ x: 1 });
  expect((await take(stream, 1))[0]).toMatchObject({ operationType: 'insert', fullDocument: { x: 1 } });
  const [first, second] = aggregates(stage);
  expect(stageOf(first)).toEqual({});
  // It goes on from the last token that it was sent.
  expect(stageOf(second)).toMatchObject({ resumeAfter: { _data: expect.any(String) as unknown } });
};

const fails = (code: number, fail: (stage: Stage) => unknown) => async (stage: Stage) => {
  const stream = await stage.watch();
  fail(stage);
  await orders(stage).insertOne({ x: 1 });
  expect((await refusal(stream.next())).code).toBe(code);
  expect(aggregates(stage)).toHaveLength(1);
};

const ERRORS: readonly Fact[] = [
  [
    'Change Stream should error when an invalid aggregation stage is passed in',
    async (stage) => {
      expect((await refusal(stage.watch([{ $unsupported: 'foo' }]))).code).toBe(40324);
    },
  ],
  [
    'Change Stream should error when _id is projected out',
    async (stage) => {
      const stream = await stage.watch([{ $project: { _id: 0 } }]);
      await orders(stage).insertOne({ z: 3 });
      expect(await refusal(stream.next())).toMatchObject({
        code: 280,
        codeName: 'ChangeStreamFatalError',
        errorLabels: ['NonResumableChangeStreamError'],
      });
    },
  ],
  ['change stream errors on ElectionInProgress', fails(216, (stage) => refuseGetMore(stage, 216))],
  [
    'change stream resumes after a network error',
    resumes((stage) => stage.standIn.server.faults.add({ kind: 'cutConnection', on: 'getMore' })),
  ],
  ['change stream resumes after CursorNotFound', resumes((stage) => stage.standIn.server.faults.killCursors())],
  ...RESUMABLE.map((code): Fact => [
    `change stream resumes after ${code}`,
    resumes((stage) => refuseGetMore(stage, code)),
  ]),
  [
    'change stream resumes if error contains ResumableChangeStreamError',
    resumes((stage) => refuseGetMore(stage, 50, ['ResumableChangeStreamError'])),
  ],
  [
    'change stream does not resume if error does not contain ResumableChangeStreamError',
    fails(6, (stage) => refuseGetMore(stage, 6, [])),
  ],
];

describe("the drivers' tests of change streams hold", () => {
  test.each([...IMAGES, ...ERRORS])('%s', (_name, run) => onStage(run));

  test('The watch helper must not throw a custom exception when executed against a single server topology', async () => {
    await using standIn = await openStandIn({ replicaSet: null });
    await using stream = standIn.db.collection('orders').watch();
    expect((await refusal(stream.next())).code).toBe(40573);
  });
});
