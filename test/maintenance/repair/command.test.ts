import { repair, type RepairCommand } from '../../../src/cli/lake/repair';
import { numbers } from '../../support/reader';
import { OF, Rig } from './rig';

/** `npm run lake -- repair`, from the settings in the environment to its exit status. */

const HERE = { ...OF, namespace: 'localhost' };

let rig: Rig;
const before = { ...process.env };
const said: string[] = [];

beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.dispose());
beforeEach(async () => {
  await rig.reset();
  Object.assign(process.env, {
    EVENTHUB_CONNECTION_STRING: rig.server.hubs.connectionString,
    STORAGE_CONNECTION_STRING: rig.lake.connectionString,
    POSTGRES_EVENTHUB_NAME: 'Changes',
    MONGODB_EVENTHUB_NAME: 'other',
  });
  said.length = 0;
  jest.spyOn(console, 'log').mockImplementation((line) => void said.push(String(line)));
  const events = await rig.publish(30);
  const instance = await rig.instance();
  await instance.deliver(events.slice(0, 10), { partition: HERE });
  await instance.deliver(events.slice(20), { partition: HERE });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
  process.exitCode = undefined;
});

const run = async (options: Partial<RepairCommand> = {}): Promise<number | string | null | undefined> => {
  process.exitCode = undefined;
  await repair({ json: false, dryRun: false, reopen: false, minutes: '60', ...options });
  return process.exitCode;
};

test('fills a gap and says so; there is nothing left to do', async () => {
  expect(await run({ dryRun: true })).toBeUndefined();
  expect(said.at(-1)).toBe(
    'It would be: 10 events came back from the hub, 0 numbers have none, 0 events are lost, 0 are missing still.',
  );
  expect(await run()).toBeUndefined();
  expect(said).toContain('changes/3: 10 events came back from the hub');
  expect(await rig.reader.sequences()).toEqual(numbers(0, 29));
  await run();
  await run();
  expect(said.at(-1)).toBe('Nothing is missing.');
});

test('for machines one JSON object, with numbers as text; what is newly lost is status 1, once', async () => {
  rig.now += 7_200_000;
  expect(await run({ json: true })).toBe(1);
  expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({
    ok: false,
    isDryRun: false,
    partitions: [{ hub: 'changes', partition: '3', filled: 0, expired: ['10-19'], open: [], failure: null }],
  });
  await run();
  expect(await run({ json: true })).toBeUndefined();
  expect(JSON.parse(said.at(-1) ?? '')).toEqual({
    ok: true,
    isDryRun: false,
    isOutOfTime: false,
    partitions: [],
    damage: [],
  });
});

test('what could not be read is status 2, with the reason', async () => {
  const failed: string[] = [];
  jest.spyOn(console, 'error').mockImplementation((line) => void failed.push(String(line)));
  process.env['EVENTHUB_REPAIR_CONSUMER_GROUP'] = 'nobody';
  expect(await run()).toBe(2);
  expect(said).toContain('changes/3: 10-19 missing still: unknown');
  expect(failed).toEqual([expect.stringMatching(/found no consumer group nobody.*EVENTHUB_REPAIR_CONSUMER_GROUP/)]);
  expect([...said, ...failed].join('\n')).not.toContain('SAS_KEY_VALUE');
});
