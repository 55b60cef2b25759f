import { CaptureRecord } from '../../../src/lib/capture/postgresql/record';
import { parseState, stateJson, type PostgresState } from '../../../src/lib/capture/postgresql/state';
import { type TableSetAside } from '../../../src/lib/capture/set-aside';
import { PipelineError } from '../../../src/lib/errors';
import { FakeProgress } from '../fakes';

const STATE: PostgresState = {
  ...{
    systemId: '7123456789012345678',
    slot: 'change_lake_shop',
    log: { timeline: 1, ancestors: [] },
    startLsn: 1n,
    safeLsn: 1n,
  },
  ...{ last: null, snapshot: null, setAside: [], published: { publications: [], tables: {} } },
};

const open = (state = STATE) => {
  const progress = new FakeProgress<PostgresState>(stateJson, parseState);
  const heard: TableSetAside[] = [];
  const record = new CaptureRecord(progress.open(), state, { now: () => 5, onSetAside: (table) => heard.push(table) });
  return { progress, heard, record };
};

const REFUSED = new PipelineError('SOURCE_FAILED', 'no right to read it. Grant it');

test('parts of a run that write at the same time do not undo each other', async () => {
  const { progress, record } = open();
  await Promise.all([record.keep({ safeLsn: 2n }), record.setAside('"a"."b"', REFUSED), record.keep({ safeLsn: 3n })]);
  expect(progress.kept).toMatchObject({ safeLsn: 3n, setAside: [{ table: '"a"."b"' }] });
});

test('a table that is set aside is in the record with code and remedy, is logged, and is logged again by the next run', async () => {
  const { progress, heard, record } = open();
  await record.setAside('"a"."b"', REFUSED);
  const item = {
    ...{ table: '"a"."b"', code: 'SOURCE_FAILED', message: 'SOURCE_FAILED: no right to read it. Grant it' },
    ...{ sinceMs: 5, isRead: false },
  };
  expect([progress.kept?.setAside, heard, record.isSetAside('"a"."b"')]).toEqual([[item], [item], true]);
  expect(open(progress.kept ?? STATE).heard).toEqual([item]);
});

test('one whose changes are read all the same is not skipped; one that is taken back is gone from the record', async () => {
  const { progress, record } = open();
  await record.setAside('"a"."b"', REFUSED, true);
  expect(record.isSetAside('"a"."b"')).toBe(false);
  await record.takeBack('"a"."b"');
  expect(progress.kept?.setAside).toEqual([]);
});

test('behind a write that failed nothing is written', async () => {
  const { progress, record } = open();
  progress.failure = new Error('gone');
  await expect(record.keep({ safeLsn: 2n })).rejects.toThrow('gone');
  progress.failure = null;
  await expect(record.keep({ safeLsn: 3n })).rejects.toThrow('gone');
  expect(progress.kept).toBeNull();
});
