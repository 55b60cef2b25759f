import { ok, failed, type Finding, type Trial } from '../../src/lib/doctor/check';
import { runTrials } from '../../src/lib/doctor/run';
import { PipelineError } from '../../src/lib/errors';

const PATIENCE = { checkMs: 5_000, totalMs: 10_000 };

const trial = (id: string, run: Trial['run'], more: Partial<Trial> = {}): Trial => ({
  ...{ id, title: id, needs: [], onTimeout: 'Wait', run },
  ...more,
});
const fine = (): Promise<Finding> => Promise.resolve(ok('fine'));
const never = (): Promise<Finding> => new Promise(() => undefined);
const outcomes = async (trials: readonly Trial[], patience = PATIENCE): Promise<string[]> =>
  (await runTrials(trials, patience)).map(({ id, outcome }) => `${id} ${outcome}`);

test('what needs a check that failed is skipped with the reason, and so is what needs that', async () => {
  const checks = await runTrials(
    [
      trial('a', () => Promise.resolve(failed('no', 'do'))),
      trial('b', fine, { needs: ['a'] }),
      trial('c', fine, { needs: ['b'] }),
      trial('d', fine),
    ],
    PATIENCE,
  );
  expect(checks.map(({ outcome, found }) => [outcome, found])).toEqual([
    ['failed', 'no'],
    ['skipped', 'it needs a, which failed'],
    ['skipped', 'it needs b, which was skipped'],
    ['ok', 'fine'],
  ]);
});

test('a warning is no reason to skip', async () => {
  const warned = trial('a', () => Promise.resolve({ ...ok('so so'), outcome: 'warning' as const }));
  expect(await outcomes([warned, trial('b', fine, { needs: ['a'] })])).toEqual(['a warning', 'b ok']);
});

test('those that need nothing of each other run at once', async () => {
  const open: (() => void)[] = [];
  const together = (): Promise<Finding> =>
    new Promise((resolve) => {
      open.push(() => resolve(ok('met')));
      if (open.length === 3) for (const go of open) go();
    });
  expect(await outcomes(['a', 'b', 'c'].map((id) => trial(id, together)))).toEqual(['a ok', 'b ok', 'c ok']);
});

test('what is to come after a check waits for it, and runs though it failed', async () => {
  const order: string[] = [];
  const noting = (id: string, finding: Finding) => (): Promise<Finding> => {
    order.push(id);
    return Promise.resolve(finding);
  };
  const trials = [trial('a', noting('a', failed('no', 'do'))), trial('b', noting('b', ok('yes')), { after: ['a'] })];
  expect(await outcomes(trials)).toEqual(['a failed', 'b ok']);
  expect(order).toEqual(['a', 'b']);
});

test('a check that never ends has failed once its time is up, with what to do', async () => {
  const [check] = await runTrials([trial('a', never)], { ...PATIENCE, checkMs: 20 });
  expect(check).toMatchObject({ outcome: 'failed', found: 'no answer within 0.02 s', fix: 'Wait' });
});

test('once the time for all is up, what has not begun is skipped', async () => {
  const trials = [trial('a', never), trial('b', fine, { after: ['a'] })];
  expect(await outcomes(trials, { checkMs: 60_000, totalMs: 20 })).toEqual(['a failed', 'b skipped']);
});

test('what is thrown is told by its kind: foreign messages may quote a secret', async () => {
  const foreign = Object.assign(new TypeError('SharedAccessKey=CANARY'), { code: 'ERR_X' });
  const ours = new PipelineError('STORAGE_FAILED', 'list at somewhere');
  const checks = await runTrials(
    [trial('a', () => Promise.reject(foreign)), trial('b', () => Promise.reject(ours))],
    PATIENCE,
  );
  expect(checks.map(({ outcome, found }) => `${outcome}: ${found}`)).toEqual([
    'failed: TypeError ERR_X',
    'failed: STORAGE_FAILED: list at somewhere',
  ]);
});

test('a check that needs one which does not come before it is a mistake of ours', async () => {
  await expect(runTrials([trial('a', fine, { needs: ['b'] }), trial('b', fine)], PATIENCE)).rejects.toThrow(
    'a needs b',
  );
});
