import { version } from '../../package.json';
import { startEventHubs, type LocalEventHubs } from '../../local/event-hubs/event-hubs';
import { readersRights } from '../../local/storage/faults';
import { program as captureProgram } from '../../src/cli/capture';
import { run } from '../../src/cli/exit';
import { program as lakeProgram } from '../../src/cli/lake';
import { hub, MONGO, POSTGRES } from '../doctor/rig';
import { events, NOON, openInstance } from '../support/instance';
import { LakeReader } from '../support/reader';
import { startLake, type TestLake } from '../support/storage';
import '../support/unref-long-timers';

/**
 * Every command in every trouble between it and its data: one message, which names the setting and the remedy, and the exit status of
 * docs/maintenance.md. A command that is added is added here.
 */

type Place = 'lake' | 'hub' | 'host';

interface Verb {
  readonly words: string;
  /** What it cannot do without. */
  readonly asks: readonly Place[];
  readonly writes?: boolean;
  /** Its exit status where nothing stands in its way, if it is not 0. */
  readonly found?: number;
  readonly isCapture?: boolean;
}

const EVENT = 'postgresql/postgresql-changes/1/0/3';

/** Of the lake: what changes nothing first. A gap is open, so what looks for one says 1. */
const LAKE: readonly Verb[] = [
  { words: 'status', asks: ['lake', 'hub'] },
  { words: 'status --no-hub', asks: ['lake'] },
  { words: 'verify', asks: ['lake'], found: 1 },
  { words: 'verify --deep', asks: ['lake'], found: 1 },
  { words: 'quarantine list', asks: ['lake'] },
  { words: `quarantine show ${EVENT}`, asks: ['lake'] },
  { words: `quarantine replay ${EVENT} --anyway --dry-run`, asks: ['lake'] },
  { words: 'complete --dry-run', asks: ['lake', 'hub'], found: 1 },
  { words: 'repair --dry-run', asks: ['lake', 'hub'], found: 1 },
  { words: 'optimize --dry-run', asks: ['lake'] },
  { words: 'sweep --dry-run', asks: ['lake'] },
  { words: 'weekly --dry-run', asks: ['lake', 'hub', 'host'] },
  { words: 'clean-checkpoints --dry-run', asks: ['lake', 'hub', 'host'] },
  { words: 'reset-checkpoint postgresql all --dry-run', asks: ['host'] },
  { words: 'doctor', asks: ['lake', 'hub', 'host'] },
  { words: `quarantine replay ${EVENT} --anyway`, asks: ['lake'], writes: true },
  { words: 'repair', asks: ['lake', 'hub'], writes: true },
  { words: 'complete', asks: ['lake', 'hub'], writes: true },
  { words: 'rebuild-ledger postgresql 0', asks: ['lake'], writes: true },
  { words: 'sweep', asks: ['lake'], writes: true },
  { words: 'optimize', asks: ['lake'], writes: true },
  { words: 'weekly', asks: ['lake', 'hub', 'host'], writes: true },
  { words: 'clean-checkpoints', asks: ['lake', 'hub', 'host'], writes: true },
  { words: 'reset-checkpoint postgresql all', asks: ['host'] },
];

const CAPTURE: readonly Verb[] = [
  { words: 'postgres', asks: ['lake', 'hub'], isCapture: true },
  { words: 'mongodb', asks: ['lake', 'hub'], isCapture: true },
  { words: 'reset postgres shop', asks: ['lake'], isCapture: true },
];

interface Trouble {
  readonly what: string;
  /** It is in the way of those commands that ask this place; of all, where it is null. */
  readonly at: Place | null;
  readonly settings?: () => Record<string, string | undefined>;
  /** What the message names: the setting, and what to do. */
  readonly says: RegExp;
}

const KEY = Buffer.from('a key that was rotated away').toString('base64');
/** Nothing listens at a port that only the system's own services may open. */
const NOWHERE = '127.0.0.1:9';

const TROUBLES: readonly Trouble[] = [
  {
    ...{ what: 'no settings', at: null, says: /STORAGE_CONNECTION_STRING.*Give/s },
    settings: () => Object.fromEntries(Object.keys(settings()).map((name) => [name, undefined])),
  },
  {
    ...{
      what: 'a wrong setting',
      at: null,
      says: /LAKE_FILESYSTEM.*(found "No Such Name").*Set|LAKE_FILESYSTEM.*Use/s,
    },
    settings: () => ({ LAKE_FILESYSTEM: 'No Such Name' }),
  },
  {
    ...{
      what: "a key of the lake's account that is no longer one",
      at: 'lake',
      says: /STORAGE_CONNECTION_STRING.*az storage account keys list/s,
    },
    settings: () => ({ STORAGE_CONNECTION_STRING: withKey(lake.connectionString) }),
  },
  {
    ...{
      what: 'a key of the namespace that is no longer one',
      at: 'hub',
      says: /EVENTHUB_CONNECTION_STRING.*check the key|check the key.*EVENTHUB_CONNECTION_STRING/is,
    },
    settings: () => ({ EVENTHUB_CONNECTION_STRING: hubs.connectionString.replace('SAS_KEY_VALUE', 'FORMER_KEY') }),
  },
  {
    ...{
      what: "a key of the host's account that is no longer one",
      at: 'host',
      says: /(key|role).*AzureWebJobsStorage|AzureWebJobsStorage.*key/s,
    },
    settings: () => ({ AzureWebJobsStorage: withKey(host.connectionString) }),
  },
  {
    ...{ what: 'a missing container', at: 'lake', says: /az storage fs create.*LAKE_FILESYSTEM/s },
    settings: () => ({ LAKE_FILESYSTEM: 'elsewhere' }),
  },
  {
    ...{ what: "a lake's account that does not answer", at: 'lake', says: /STORAGE_CONNECTION_STRING/ },
    settings: () => ({ STORAGE_CONNECTION_STRING: nowhere(lake.connectionString) }),
  },
  {
    ...{ what: 'a namespace that does not answer', at: 'hub', says: /EVENTHUB_CONNECTION_STRING/ },
    settings: () => ({ EVENTHUB_CONNECTION_STRING: hubs.connectionString.replace(/localhost:\d+/, NOWHERE) }),
  },
  {
    ...{ what: "a host's account that does not answer", at: 'host', says: /AzureWebJobsStorage/ },
    settings: () => ({ AzureWebJobsStorage: nowhere(host.connectionString) }),
  },
];

const withKey = (text: string): string => text.replace(/AccountKey=[^;]+/, `AccountKey=${KEY}`);
const nowhere = (text: string): string => text.replace(/127\.0\.0\.1:\d+/g, NOWHERE);

let lake: TestLake;
let host: TestLake;
let hubs: LocalEventHubs;
/** Commands that write have been at it. */
let isDirty = true;
let out: string[];
let err: string[];
const former = { ...process.env };

function settings(): Record<string, string> {
  return {
    EVENTHUB_CONNECTION_STRING: hubs.connectionString,
    STORAGE_CONNECTION_STRING: lake.connectionString,
    STORAGE_REQUEST_SECONDS: '1',
    AzureWebJobsStorage: host.connectionString,
    CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE"}]',
    SHOP_DATABASE: 'postgresql://nobody:nothing@127.0.0.1:9/shop',
    CAPTURE_MONGODB: '[{"name":"carts","connection":"CARTS_DATABASE"}]',
    CARTS_DATABASE: 'mongodb://127.0.0.1:9/carts',
  };
}

beforeAll(async () => {
  [lake, host, hubs] = await Promise.all([
    startLake(),
    startLake(),
    startEventHubs({ port: 0, healthPort: null, hubs: [hub(POSTGRES), hub(MONGO)] }),
  ]);
});
afterAll(async () => {
  await hubs[Symbol.asyncDispose]();
  await host.dispose();
  await lake.dispose();
});

beforeEach(async () => {
  for (const { proxy } of [lake, host]) proxy.clear();
  hubs.demandKey('SAS_KEY_VALUE');
  if (isDirty) await fill();
  isDirty = false;
  [out, err] = [[], []];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  jest.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => (err.push(String(text)), true));
});

async function fill(): Promise<void> {
  await new LakeReader(lake.directConnectionString).clear();
  // Number 3 is no JSON, and 5 to 9 were never handed over.
  const partition = { namespace: 'localhost', hub: POSTGRES, partition: '0' };
  const instance = await openInstance(lake.directConnectionString, { retentionDays: 7 });
  const begin = NOON - 3 * 86_400_000;
  const bodies = events(0, 4, {}, begin).map((event) =>
    event.sequence === 3n ? { ...event, body: Buffer.from('no JSON') } : event,
  );
  await instance.deliver(bodies, { partition });
  await instance.deliver(events(10, 14, {}, begin), { partition });
}
afterEach(() => {
  process.env = former;
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

async function runAs(verb: Verb, changes: Record<string, string | undefined> = {}): Promise<number> {
  isDirty ||= verb.writes === true;
  const given = Object.entries({ ...settings(), ...changes }).filter(([, value]) => value !== undefined);
  process.env = { ...former, ...(Object.fromEntries(given) as Record<string, string>) };
  return await run(verb.isCapture === true ? captureProgram : lakeProgram, verb.words.split(' '));
}

const VERBS = [...LAKE, ...CAPTURE];
const CODE = /\b[A-Z]+(?:_[A-Z]+)+(?=: )/g;

describe.each(TROUBLES)('with $what', ({ at, settings: changes = () => ({}), says }) => {
  test.each(VERBS.filter(({ asks }) => at === null || asks.includes(at)))('$words', async (verb) => {
    expect(await runAs(verb, changes())).toBe(2);
    const said = [...err, ...(verb.words === 'doctor' ? out : [])].join('\n');
    expect(said).toMatch(says);
    // One cause, one message.
    const codes =
      err
        .join('\n')
        .match(CODE)
        ?.filter((code) => /_(FAILED|INVALID)$/.test(code)) ?? [];
    expect(codes.filter((code) => code !== 'MAINTENANCE_FAILED').length).toBeLessThanOrEqual(1);
    expect([...out, ...err].join('\n')).not.toContain(KEY);
  });
});

test.each(LAKE.filter(({ writes }) => writes !== true))('a reader may run $words', async (verb) => {
  if (verb.words === 'doctor') return;
  for (const { proxy } of [lake, host]) proxy.add(readersRights());
  expect([await runAs(verb), err]).toEqual([verb.found ?? 0, []]);
});

test.each(VERBS.filter(({ writes }) => writes === true))(
  'a reader is told the role that $words needs',
  async (verb) => {
    lake.proxy.add(readersRights());
    expect(await runAs(verb)).toBe(2);
    expect([...out, ...err].join('\n')).toMatch(/AuthorizationPermissionMismatch.*Storage Blob Data Contributor/s);
  },
);

test.each(VERBS)('$words with an option that there is not', async ({ words, ...verb }) => {
  const first = words.split(' ').slice(0, words.startsWith('quarantine') ? 2 : 1);
  expect(await runAs({ ...verb, words: `${first.join(' ')} --nope` })).toBe(2);
  expect(err.join('')).toMatch(/^error: unknown option '--nope'/);
});

test.each([
  ['verify --from 2026-11-01', /--from.*limit what --deep reads/],
  ['verify --deep --from 2026-11-02 --to 2026-11-01', /--from is a later day than --to/],
  ['quarantine list --day 2026-11-01 --to 2026-11-01', /not both/],
  ['optimize --target 0', /from 1 to 4096/],
  ['optimize --after 0', /from 1 to 8760/],
  ['repair --minutes 0', /from 1 to/],
  [`quarantine replay ${EVENT} --file /nope`, /--file \/nope cannot be read \(ENOENT\): give the path of a file/],
  [`quarantine replay ${EVENT} --file ${__dirname}`, /is not a file/],
])('%s is refused before anything is asked', async (words, says) => {
  lake.proxy.forgetRequests();
  expect([await runAs({ words, asks: [] }), out]).toEqual([2, []]);
  expect(err.join('')).toMatch(says);
  expect(lake.proxy.requests).toEqual([]);
});

test.each(['rebuild-ledger mongodb 99', 'reset-checkpoint mongodb 99'])('%s: no such partition', async (words) => {
  expect(await runAs({ words, asks: [], writes: true })).toBe(2);
  expect(err).toEqual(['The hub mongodb-changes has no partition 99: it has 0, 1.']);
});

test('status tells the lake though the hub does not answer', async () => {
  expect(
    await runAs(
      { words: 'status', asks: [] },
      { EVENTHUB_CONNECTION_STRING: hubs.connectionString.replace(/localhost:\d+/, NOWHERE) },
    ),
  ).toBe(2);
  expect(out.join('')).toContain('0-14');
});

test('--version tells the version', async () => {
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  for (const isCapture of [false, true]) expect(await runAs({ words: '--version', asks: [], isCapture })).toBe(0);
  expect(write.mock.calls.map(([text]) => text)).toEqual([`${version}\n`, `${version}\n`]);
});
