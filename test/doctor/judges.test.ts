import fc from 'fast-check';
import { readHostJson, type HostJson } from '../../src/lib/doctor/host-json';
import { databaseEndpoints, namespaceEndpoint, storageEndpoints } from '../../src/lib/doctor/endpoints';
import { judgeCheckpoints, judgeOwners, type HostPartition } from '../../src/lib/doctor/judge-host';
import { judgeGroup, judgeHub, judgeRetention, judgeSend } from '../../src/lib/doctor/judge-hub';
import { judgeFiles, judgeGaps, judgePending } from '../../src/lib/doctor/judge-ledgers';
import { isPrivate, judgeNames } from '../../src/lib/doctor/judge-network';
import { judgeHostJson, judgeMemory, memoryMb } from '../../src/lib/doctor/judge-profile';
import {
  adviceFor,
  judgeClock,
  judgeCondition,
  judgeCredentials,
  judgeHierarchy,
  judgeFileSystem,
  judgeLatency,
  judgeReaders,
} from '../../src/lib/doctor/judge-storage';
import { Secret } from '../../src/lib/config/secret';
import { type Ledger } from '../../src/lib/ledger/ledger';
import { DAY_MS } from '../../src/lib/time';
import { HOST_JSON } from './rig';

const PLACE = { account: 'example', fileSystem: 'data', byIdentity: true, isLocal: false };
const refused = (status: number | null, code: string) => ({ refusal: { status, code } });

describe('storage', () => {
  test.each([
    [0, 'ok'],
    [30_000, 'ok'],
    [30_001, 'warning'],
    [-30_001, 'warning'],
    [300_000, 'warning'],
    [300_001, 'failed'],
    [-300_001, 'failed'],
  ])('a clock that is %d ms off is %s', (offsetMs, outcome) => {
    const { outcome: told, found } = judgeClock(offsetMs);
    expect(told).toBe(outcome);
    expect(found).toContain(offsetMs < 0 ? 'behind' : 'ahead of');
  });

  test('a clock that is further off is never judged better', () => {
    const rank = { ok: 0, warning: 1, failed: 2, skipped: 3 };
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (a, b) => {
        const [near, far] = [Math.min(a, b), Math.max(a, b)];
        expect(rank[judgeClock(-near).outcome]).toBeLessThanOrEqual(rank[judgeClock(far).outcome]);
      }),
    );
  });

  test('a hierarchical namespace that is missing is told, with what to do; an emulator, and doubt, are warnings', () => {
    expect(judgeHierarchy({ value: true }, PLACE).outcome).toBe('ok');
    const missing = judgeHierarchy({ value: false }, PLACE);
    expect(missing.outcome).toBe('failed');
    expect(missing.fix).toContain('hns-migration');
    expect(judgeHierarchy({ value: false }, { ...PLACE, isLocal: true }).outcome).toBe('warning');
    expect(judgeHierarchy(refused(403, 'AuthorizationFailure'), PLACE)).toMatchObject({ outcome: 'warning' });
  });

  test.each([
    [403, 'AuthorizationPermissionMismatch', true, 'Storage Blob Data Contributor'],
    [403, 'AuthorizationFailure', false, 'AccountKey in STORAGE_CONNECTION_STRING'],
    [401, 'NoAuthenticationInformation', true, 'network rules'],
    [404, 'FilesystemNotFound', true, 'az storage fs create -n data --account-name example'],
    [503, 'ServerBusy', true, 'throttled'],
    [501, 'NotImplemented', true, 'hierarchical namespace'],
    [500, 'InternalError', true, 'health'],
    [null, 'ECONNRESET', true, 'answers from here'],
  ])('%s %s: what to do', (status, code, byIdentity, words) => {
    expect(adviceFor({ status, code }, { ...PLACE, byIdentity })).toContain(words);
  });

  test('an identity without a token', () => {
    const told = judgeCredentials(refused(null, 'CredentialUnavailableError'), { value: null }, PLACE);
    expect(told).toMatchObject({ outcome: 'failed', found: 'the identity got no token (CredentialUnavailableError)' });
    expect(told.fix).toContain('az login');
  });

  test('a condition that is ignored is a failure: events could be doubled', () => {
    expect(judgeCondition('it', refused(412, 'ConditionNotMet'), PLACE).outcome).toBe('ok');
    expect(judgeCondition('it', { value: null }, PLACE)).toMatchObject({ outcome: 'failed' });
    expect(judgeCondition('it', refused(403, 'AuthorizationFailure'), PLACE).outcome).toBe('failed');
  });

  test('latency: slow and throttled are told', () => {
    const fast = Array.from({ length: 20 }, (_, i) => 5 + i);
    expect(judgeLatency({ tookMs: fast, throttled: 0, others: 0 })).toMatchObject({
      outcome: 'ok',
      found: '20 requests: p50 15 ms, p95 24 ms, 0 throttled, 0 failed, none tried again',
    });
    expect(judgeLatency({ tookMs: fast.map((ms) => ms * 40), throttled: 0, others: 0 }).fix).toContain('region');
    expect(judgeLatency({ tookMs: [], throttled: 3, others: 0 }).outcome).toBe('warning');
    expect(judgeLatency({ tookMs: fast, throttled: 0, others: 1 }).fix).toContain('network');
  });
});

describe('names and connections', () => {
  const endpoint = (what: string, host: string) => ({ what, host, port: 443, tls: true });
  const [blob, dfs] = [
    endpoint('blob endpoint', 'a.blob.core.windows.net'),
    endpoint('Data Lake endpoint', 'a.dfs.core.windows.net'),
  ] as const;

  test.each([
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['127.0.0.1', true],
    ['20.60.1.1', false],
    ['fd00::1', true],
    ['2603:1030::1', false],
  ])('%s is private: %s', (address, expected) => expect(isPrivate(address)).toBe(expected));

  test('the addresses are told; one private endpoint out of two is a warning that names the other zone', () => {
    const both = judgeNames(
      [
        { endpoint: blob, resolved: { addresses: ['10.0.0.4'] } },
        { endpoint: dfs, resolved: { addresses: ['10.0.0.5'] } },
      ],
      'S',
    );
    expect(both).toMatchObject({ outcome: 'ok' });
    expect(both.found).toContain('a.dfs.core.windows.net: 10.0.0.5 (private)');
    const half = judgeNames(
      [
        { endpoint: blob, resolved: { addresses: ['10.0.0.4'] } },
        { endpoint: dfs, resolved: { addresses: ['20.60.1.1'] } },
      ],
      'S',
    );
    expect(half.outcome).toBe('warning');
    expect(half.fix).toContain('privatelink.dfs.core.windows.net');
  });

  test.each([
    [
      'Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=v',
      'a.servicebus.windows.net',
      5671,
      true,
    ],
    [
      'Endpoint=sb://localhost;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;',
      'localhost',
      5672,
      false,
    ],
    [
      'Endpoint=sb://localhost:7000;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true;',
      'localhost',
      7000,
      false,
    ],
  ])('where a namespace listens: %s', (text, host, port, tls) => {
    expect(namespaceEndpoint({ kind: 'connectionString', connectionString: new Secret(text) })).toMatchObject({
      host,
      port,
      tls,
    });
  });

  test('where an account listens', () => {
    const of = (text: string) =>
      storageEndpoints({ kind: 'connectionString', connectionString: new Secret(text) }).map(
        ({ host, port, tls }) => `${host}:${port} ${tls}`,
      );
    expect(of('DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k;EndpointSuffix=core.windows.net')).toEqual([
      'a.blob.core.windows.net:443 true',
      'a.dfs.core.windows.net:443 true',
    ]);
    expect(of('UseDevelopmentStorage=true')).toEqual(['127.0.0.1:10000 false', '127.0.0.1:10000 false']);
  });

  test.each([
    ['postgres://u:p@db.example:6432/shop', ['db.example:6432']],
    ['postgresql://u:p%40x@[::1]/shop', ['::1:5432']],
    ['mongodb://u:p@a,b:27018/?replicaSet=r', ['a:27017', 'b:27018']],
    ['mongodb://a', ['a:27017']],
  ])('where a database listens: %s', (text, expected) => {
    const { srv, endpoints } = databaseEndpoints('it', text);
    expect(srv).toBeNull();
    expect(endpoints.map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
  });

  test('a database behind a service record', () => {
    expect(databaseEndpoints('it', 'mongodb+srv://u:p@cluster.example/shop')).toEqual({
      srv: 'cluster.example',
      endpoints: [],
    });
  });
});

describe('hubs', () => {
  const place = { namespace: 'example.servicebus.windows.net', byIdentity: true, hub: 'changes', setting: 'X_NAME' };

  test('what a refusal of each kind says', () => {
    expect(judgeHub(refused(null, 'MessagingEntityNotFoundError'), place).fix).toContain(
      '--namespace-name example -n changes; or correct X_NAME',
    );
    expect(judgeHub(refused(null, 'UnauthorizedError'), place).fix).toContain('Azure Event Hubs Data Receiver');
    expect(judgeSend(refused(null, 'UnauthorizedError'), place).fix).toContain('Azure Event Hubs Data Sender');
    expect(judgeSend(refused(null, 'UnauthorizedError'), { ...place, byIdentity: false }).fix).toContain('Send');
    expect(judgeHub(refused(null, 'ServerBusyError'), place).fix).toContain('throughput units');
    expect(judgeGroup({ answer: 'unknown', why: 'a reason' }, 'lake', 'G', place)).toMatchObject({ outcome: 'failed' });
  });

  test('an event that is older than the setting allows shows that it is too low', () => {
    const now = 100 * DAY_MS;
    expect(judgeRetention(null, now, 7, 'h').outcome).toBe('ok');
    expect(judgeRetention(now - 7 * DAY_MS, now, 7, 'h').outcome).toBe('ok');
    const older = judgeRetention(now - 9 * DAY_MS, now, 7, 'h');
    expect(older).toMatchObject({
      outcome: 'warning',
      found: 'the oldest event of h is 9.0 days old; EVENTHUB_RETENTION_DAYS says 7',
    });
  });
});

describe("the host's records", () => {
  const CREATED = 1_000_000_000;
  const record = (metadata: Record<string, string>, modifiedAt: number) => ({
    ...{ name: 'n', etag: 'e', bytes: 0, metadata, modifiedAt, seenAt: CREATED + DAY_MS },
  });
  const partition = (sequence: string | null, changes: Partial<HostPartition> = {}): HostPartition => ({
    hub: 'h',
    view: { partition: '0', first: 10n, last: 20n, isEmpty: false },
    hubCreatedAt: CREATED,
    checkpoint: sequence === null ? null : record({ sequencenumber: sequence }, CREATED + 5_000),
    ownership: record({ ownerid: 'x' }, CREATED + DAY_MS - 20_000),
    ...changes,
  });

  test.each([
    ['within the hub', partition('15'), 'ok', 'within its hub'],
    ['at its end', partition('20'), 'ok', 'within its hub'],
    ['just before what is there', partition('9'), 'ok', 'within its hub'],
    ['before what is there', partition('8'), 'warning', 'expired unread'],
    ['beyond its end', partition('21'), 'failed', "beyond the hub's last event"],
    [
      'older than the hub',
      partition('15', { checkpoint: record({ sequencenumber: '15' }, CREATED - 5_000) }),
      'failed',
      'older than the hub',
    ],
    [
      'of the second in which the hub was made',
      partition('15', { checkpoint: record({ sequencenumber: '15' }, CREATED - 999) }),
      'ok',
      'within',
    ],
    ['missing', partition(null), 'warning', 'no checkpoint'],
    [
      'missing where there never was an event',
      partition(null, { view: { partition: '0', first: 0n, last: null, isEmpty: true } }),
      'ok',
      'within',
    ],
  ])('a checkpoint %s', (_, given, outcome, words) => {
    const told = judgeCheckpoints([partition('15'), given]);
    expect(told.outcome).toBe(outcome);
    expect(told.found).toContain(words);
  });

  test('an owner that has not renewed its claim is none', () => {
    expect(judgeOwners([partition('15')]).outcome).toBe('ok');
    const stale = partition('15', { ownership: record({ ownerid: 'x' }, CREATED + DAY_MS - 120_000) });
    expect(judgeOwners([partition('15'), stale])).toMatchObject({ outcome: 'warning' });
    expect(judgeOwners([partition('15', { ownership: null })]).fix).toContain('az functionapp start');
  });
});

describe('ledgers and files', () => {
  test('many small files, and only they, are told', () => {
    const judge = (files: number, meanBytes: number) =>
      judgeFiles({ day: '2026/11/22', files, bytes: files * meanBytes, isCut: false }).outcome;
    expect([judge(0, 0), judge(2_000, 10), judge(2_001, 10), judge(2_001, 1 << 20)]).toEqual([
      'ok',
      'ok',
      'warning',
      'ok',
    ]);
    expect(judgeFiles({ day: 'd', files: 20_000, bytes: 1, isCut: true }).found).toContain('at least 20000');
  });

  test('gaps and waiting files are told by partition', () => {
    const ledger = { hub: 'h', partition: '3', gaps: [{ first: 1n, last: 2n, noticedAt: 0 }] } as unknown as Ledger;
    expect(judgeGaps([{ ...ledger, gaps: [] }]).outcome).toBe('ok');
    expect(judgeGaps([ledger])).toMatchObject({ outcome: 'warning' });
    expect(judgeGaps([ledger]).found).toContain('h/3: 1');
    expect(judgePending([{ ledger, files: 0 }]).outcome).toBe('ok');
    expect(judgePending([{ ledger, files: 2 }]).found).toContain('h/3: 2');
  });
});

describe('host.json', () => {
  const host = (env: Record<string, string> = {}, json = HOST_JSON): HostJson => {
    const read = readHostJson(json, env);
    if (read === null) throw new Error('not JSON');
    return read;
  };
  const set = (name: string, value: string) => host({ [`AzureFunctionsJobHost__${name}`]: value });

  test('what is right is right', () => expect(judgeHostJson(host(), 240_000).outcome).toBe('ok'));

  test.each([
    ['extensions__eventHubs__initialOffsetOptions__type', 'fromEnd', 'failed', 'would be lost'],
    ['extensions__eventHubs__enableCheckpointing', 'false', 'failed', 'enableCheckpointing'],
    ['extensions__eventHubs__minEventBatchSize', '129', 'failed', 'above maxEventBatchSize'],
    ['functionTimeout', '00:05:00', 'ok', 'functionTimeout 00:05:00'],
    ['functionTimeout', '00:04:59', 'failed', 'four fifths'],
    ['functionTimeout', 'soon', 'failed', 'not a time span'],
    ['functionTimeout', '-1', 'ok', ''],
    ['EXTENSIONS__EVENTHUBS__BATCHCHECKPOINTFREQUENCY', '5', 'warning', 'batchCheckpointFrequency is 5'],
    ['extensions__eventHubs__minEventBatchSize', '1', 'warning', 'every receive'],
  ])('%s = %s: %s', (name, value, outcome, words) => {
    const told = judgeHostJson(set(name, value), 240_000);
    expect(told.outcome).toBe(outcome);
    expect(told.found).toContain(words);
  });

  test('what is no JSON is none', () => expect(readHostJson('{', {})).toBeNull());

  test.each([
    [4, 0.1, 1_012],
    [4, 1, 2_851],
    [8, 0.1, 1_256],
  ])('the formula of the documents: %d partitions, events of %d MB', (partitions, eventMb, expected) => {
    const use = { host: host(), partitions, budgetBytes: 256 << 20, meanEventBytes: null, instanceMb: 2048 };
    // 256 MiB are 268 MB, which the documents' table rounds.
    expect(Math.round(memoryMb(use, eventMb))).toBeGreaterThan(expected - 40);
    expect(Math.round(memoryMb(use, eventMb))).toBeLessThan(expected + 40);
  });

  test('what does not fit with events as they are is a warning, and names the formula', () => {
    const use = { host: host(), partitions: 4, budgetBytes: 256 << 20, instanceMb: 2048 };
    expect(judgeMemory({ ...use, meanEventBytes: 2_000 }).outcome).toBe('ok');
    const large = judgeMemory({ ...use, meanEventBytes: 900_000 });
    expect(large.outcome).toBe('warning');
    expect(large.found).toContain('4 partitions × (prefetch + 4 × maxEventBatchSize 128 × event)');
  });
});

test('a container that lets nothing be renamed or replaced is refused, with the way out', () => {
  const facts = { exists: true, isImmutable: true, serviceAt: null };
  expect(judgeFileSystem({ value: facts }, PLACE)).toMatchObject({
    outcome: 'failed',
    fix: expect.stringMatching(/immutability-policy delete.*legal-hold clear.*LAKE_FILESYSTEM/) as unknown,
  });
  expect(judgeFileSystem({ value: { ...facts, isImmutable: false } }, PLACE).outcome).toBe('ok');
});

test.each([
  [[], [], 'ok'],
  [['group:readers', 'user:one'], ['group:readers'], 'ok'],
  [['user:one'], ['group:readers'], 'warning'],
])('staged files are made for %j, and published ones are to be read by %j: %s', (staged, visible, outcome) => {
  const found = judgeReaders({ value: staged }, { value: visible });
  expect(found.outcome).toBe(outcome);
  if (outcome === 'warning') expect(found.found).toContain('group:readers may read by the default access control list');
});

test('access control lists that are not told prove nothing', () => {
  expect(judgeReaders(refused(403, 'AuthorizationPermissionMismatch'), { value: ['user:one'] }).outcome).toBe(
    'skipped',
  );
});
