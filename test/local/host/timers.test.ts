import { CONTROL_HEADER } from '../../../local/storage/same-origin';
import { Stage, until } from './support';

/** Timer functions, over real storage. */

let stage: Stage;
beforeAll(async () => (stage = await Stage.open()));
afterEach(() => stage.clear());
afterAll(() => stage[Symbol.asyncDispose]());

interface Tick {
  readonly isPastDue: boolean;
  readonly schedule: { readonly adjustForDST: boolean };
  readonly scheduleStatus: { readonly last: string; readonly next: string; readonly lastUpdated: string } | null;
}

const timer = (options: object, more = ''): string => `
const { app } = require('@azure/functions');
app.timer('tick', { ...${JSON.stringify(options)}, handler: (timer, context) => {
  context.log(JSON.stringify(timer));
  ${more}
} });`;

const quickLock = (hostId: string) => ({
  AzureFunctionsWebHost__hostid: hostId,
  AzureFunctionsJobHost__singleton__listenerLockPeriod: '00:00:15',
  AzureFunctionsJobHost__singleton__listenerLockRecoveryPollingInterval: '00:00:01',
});

const YEARLY = '0 0 0 1 1 *';

/** What the host keeps of the timer `tick` of the app with this host id. */
const blob = (name: string) => stage.container('azure-webjobs-hosts').getBlockBlobClient(name);

test('several instances run a timer once; when the one with the lock dies, another goes on', async () => {
  const app = await stage.app(timer({ schedule: '*/1 * * * * *' }));
  const instances = await Promise.all([1, 2, 3].map(() => stage.instance(app, quickLock('several'))));
  const running = () => instances.filter((instance) => instance.of('timer').length > 0);
  await until(() => instances.some((instance) => instance.of('timer').length >= 3), 'three runs');
  const [first] = running();
  expect(running()).toHaveLength(1);
  // More often than once a minute: no status is kept.
  expect(first?.logged<Tick>()[0]).toEqual({
    schedule: { adjustForDST: true },
    scheduleStatus: null,
    isPastDue: false,
  });
  await first?.host.kill();
  // Its lease would last some seconds more.
  await blob('locks/several/Host.Functions.tick.Listener').getBlobLeaseClient().breakLease(0);
  await until(() => running().length === 2, 'another runs it');
  const [, second] = running();
  await until(() => (second?.of('timer').length ?? 0) >= 2, 'two more runs');
  expect(running()).toHaveLength(2);
});

test('a run that was missed while no instance was there is made up for once, and told so', async () => {
  const app = await stage.app(timer({ schedule: YEARLY }));
  const first = await stage.instance(app, quickLock('missed'));
  const recorded = blob('timers/missed/Host.Functions.tick/status');
  await until(() => recorded.exists(), 'the first status');
  const status = JSON.parse((await recorded.downloadToBuffer()).toString()) as Record<string, string>;
  expect(status).toEqual({
    Last: '0001-01-01T00:00:00+00:00',
    Next: `${new Date().getUTCFullYear() + 1}-01-01T00:00:00.000+00:00`,
    LastUpdated: expect.stringMatching(/^20\d\d-.*\+00:00$/) as string,
  });
  expect(first.of('timer')).toEqual([]);
  await first.host.stop();

  const year = new Date().getUTCFullYear();
  const old = { Last: `${year - 1}-01-01T00:00:00+00:00`, Next: `${year}-01-01T00:00:00+00:00` };
  const json = JSON.stringify({ ...old, LastUpdated: old.Last });
  await recorded.upload(json, json.length);
  const second = await stage.instance(app, quickLock('missed'));
  await until(() => second.of('timer').length > 0, 'the run');
  expect(second.logged<Tick>()).toMatchObject([
    { isPastDue: true, scheduleStatus: { next: `${year}-01-01T00:00:00.000+00:00` } },
  ]);
  await second.host.stop();

  const third = await stage.instance(app, quickLock('missed'));
  await fetch(await third.url('/admin/functions/tick'), { method: 'POST', headers: { [CONTROL_HEADER]: '1' } });
  await until(() => third.of('timer').length > 0, 'the run by hand');
  const [byHand] = third.logged<Tick>();
  expect(byHand).toMatchObject({
    isPastDue: false,
    scheduleStatus: { next: `${year + 1}-01-01T00:00:00.000+00:00` },
  });
  expect(new Date(byHand?.scheduleStatus?.last ?? 0).getUTCFullYear()).toBe(year);
});

test('runOnStartup runs at once, a policy retries a throwing timer, and %SETTING% gives the schedule', async () => {
  const options = {
    ...{ schedule: '%WHEN%', runOnStartup: true },
    retry: { strategy: 'fixedDelay', maxRetryCount: 1, delayInterval: { seconds: 1 } },
  };
  const app = await stage.app(timer(options, "throw new Error('no');"));
  const instance = await stage.instance(app, { WHEN: YEARLY, ...quickLock('startup') });
  await until(() => instance.of('timer').length > 0, 'the run');
  expect(instance.logged()).toHaveLength(2);
  expect(instance.of('timer')).toEqual([{ kind: 'timer', function: 'tick', isPastDue: false, error: 'Error: no' }]);
});
