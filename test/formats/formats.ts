import { openProgress } from '../../src/lib/capture/progress';
import * as mongodb from '../../src/lib/capture/mongodb/state';
import { type TableDefinition } from '../../src/lib/capture/postgresql/definition';
import { formatDefinitions, parseDefinitions } from '../../src/lib/capture/postgresql/definitions-record';
import * as postgresql from '../../src/lib/capture/postgresql/state';
import { type ErrorCode } from '../../src/lib/errors';
import { formatClosedGaps, parseClosedGaps, type ClosedGap } from '../../src/lib/ledger/closed-gaps';
import { type Ledger } from '../../src/lib/ledger/ledger';
import { formatLedger, parseLedger } from '../../src/lib/ledger/ledger-json';
import { ledgerPath, planPath, runRecordPath } from '../../src/lib/ledger/names';
import { formatMarker, parseMarker, type Marker } from '../../src/lib/maintenance/daily/marker';
import { formatSummary, writeSummary, type Summary } from '../../src/lib/maintenance/daily/summary';
import { ownerOf } from '../../src/lib/maintenance/optimise/ledgers';
import { type Plan } from '../../src/lib/maintenance/optimise/plan';
import { formatPlan, parsePlan } from '../../src/lib/maintenance/optimise/plan-json';
import { readQuarantineLine } from '../../src/lib/maintenance/quarantine/event';
import { formatRecord, parseRecord, type Replay } from '../../src/lib/maintenance/quarantine/record';
import { readRun, writeRun, type RunRecord } from '../../src/lib/maintenance/record';
import { formatObserved, parseObserved } from '../../src/lib/status/observed-json';
import { type Minutes } from '../../src/lib/status/observed';
import { DAY_MS } from '../../src/lib/time';
import { holding } from './holding';
import { CONTEXT, linesOf, NAMES, QUARANTINED } from './lines';

/** A format of the lake's files, and the sample of it that was kept when it was first written. */
export interface Format {
  /** Its sample is test/fixtures/formats/{name}-1.sample. */
  readonly name: string;
  /** The module that has the number of the format, below src/lib. */
  readonly module: string;
  /** What the sample says. */
  readonly value: unknown;
  /** How it is read: what it says, or why it is not taken. */
  readonly read: (bytes: Buffer) => unknown;
  /** How the same is written today. */
  readonly write: () => Buffer | Promise<Buffer>;
  /** What becomes of one of a newer format: an error, an answer, or it counts as nothing, and is kept or written anew. */
  readonly newer: { readonly code: ErrorCode; readonly says: RegExp } | { readonly answer: unknown };
}

const definitions: readonly TableDefinition[] = [
  {
    ...{ relationOid: 4_000_000_000, schema: 'public', table: 'orders' },
    from: { commitLsn: 0x17_0000_0001n, events: 4 },
    stream: {
      ...{ lsn: 0x17_0000_0001n, atMs: 1_764_158_400_050, replicaIdentity: 'full' },
      columns: [{ name: 'id', typeOid: 16_390, modifier: -1, isKey: true }],
      types: [{ oid: 16_390, schema: 'pg_catalog', name: 'int8' }],
      partitionKeys: [['id']],
    },
    catalog: {
      ...{ lsn: 0x17_0000_00ffn, atMs: 1_764_158_400_060, replicaIdentity: 'full', key: ['id'] },
      columns: [{ name: 'id', number: 1, typeOid: 16_390, modifier: -1, type: 'large' }],
      types: [{ oid: 16_390, typtype: 'd', typcategory: 'N', typbasetype: 20, typelem: 0, typdelim: ',' }],
    },
  },
  {
    ...{ relationOid: 16_405, schema: 'public', table: 'items' },
    ...{ from: { commitLsn: 0n, events: 0 }, stream: null, catalog: null },
  },
];

const NAMESPACE = 'example.servicebus.windows.net';
const HUB = 'postgresql-changes';
const OF = { namespace: NAMESPACE, hub: HUB, incarnation: 2, partition: '3' };
const NOON = Date.UTC(2026, 10, 24, 12);

const ledger: Ledger = {
  ...{ source: 'postgresql', ...OF, generation: '6f1c2f0e-4a53-4b7c-9a0e-0d3c8f6b1a77' },
  ...{ hubCreatedAt: Date.UTC(2026, 10, 1, 8), start: 0n, last: 9_007_199_254_740_993n },
  lastEnqueuedAt: Date.UTC(2026, 10, 22, 23, 59, 59, 998),
  gaps: [{ first: 17n, last: 18n, noticedAt: Date.UTC(2026, 10, 2) }],
  counters: { events: 41_208, quarantined: 3, files: 214, bytes: 88_412_300 },
  pending: [
    {
      staged: `_system/staging/${NAMESPACE}/${HUB}/2/3/a-0_bronze_data_x.json`,
      final: 'bronze/postgresql/2026/11/22/data_x.json',
    },
  ],
  successor: null,
};

const closedGaps: ClosedGap[] = [
  { first: 17n, last: 18n, outcome: 'absent', noticedAt: NOON, closedAt: NOON + DAY_MS },
  { first: 9_007_199_254_740_993n, last: 9_007_199_254_740_995n, outcome: 'expired', noticedAt: NOON, closedAt: NOON },
];

const folder = 'bronze/postgresql/2026/11/22';
const apart = 'quarantine/postgresql/2026/11/22';
const waiting = '_system/staging/optimise/postgresql/2026-11-22/3';
const content = (count: number, bytes: number): { bytes: number; count: number; sha256: string } => ({
  ...{ bytes, count, sha256: String(count).padStart(64, 'a') },
});
const plan: Plan = {
  ...{ id: '0d6f2f3e', source: 'postgresql', ...OF, day: '2026/11/22', first: 0n, last: 9n, plannedAt: NOON, pages: 2 },
  outputs: [
    {
      path: `${folder}/data_20261122T120000000Z_3_i2_0-9_9.json`,
      staged: `${waiting}/0d6f2f3e_bronze_data_20261122T120000000Z_3_i2_0-9_9.json`,
      ...content(9, 90),
    },
    {
      path: `${apart}/data_20261122T120000000Z_3_i2_0-9_1.json`,
      staged: `${waiting}/0d6f2f3e_quarantine_data_20261122T120000000Z_3_i2_0-9_1.json`,
      ...content(1, 15),
    },
  ],
  inputs: [
    { path: `${folder}/data_20261122T120000000Z_3_i2_0-4_4.json`, etag: '"0x8DDA1"', ...content(4, 40) },
    { path: `${folder}/data_20261122T120000005Z_3_i2_5-9_5.json`, etag: '"0x8DDA2"', ...content(5, 50) },
    { path: `${apart}/data_20261122T120000000Z_3_i2_0-4_1.json`, etag: '"0x8DDA3"', ...content(1, 15) },
  ],
};

const postgresState: postgresql.PostgresState = {
  ...{ systemId: '7123456789012345678', slot: 'change_lake_shop', startLsn: 0x16_b374d848n, safeLsn: 0x17_00000001n },
  last: {
    commitLsn: 0x17_00000000n,
    transactionId: 771,
    committedAtUs: 1_764_158_400_000_123n,
    publications: ['change_lake'],
  },
  snapshot: {
    ...{ takenAtUs: 1_764_158_400_000_123n, rows: 120_000, done: ['"public"."customers"'] },
    begun: [
      {
        ...{ table: '"public"."orders"', relationOid: 16_405, rows: 20_000, isSetAside: false },
        cursor: { kind: 'key', columns: ['"id" bigint'], after: ['9007199254740993'] },
      },
      {
        ...{ table: '"public"."log"', relationOid: 16_412, rows: 40_000, isSetAside: true },
        cursor: { kind: 'block', files: '5d41402abc4b2a76', next: 1_024 },
      },
      { table: '"public"."notes"', relationOid: 16_420, rows: 0, cursor: null, isSetAside: true },
    ],
  },
  log: { timeline: 2, ancestors: [{ timeline: 1, endsAt: 0x16_b0000000n }] },
  published: {
    publications: [{ name: 'change_lake', oid: 16_400, fromLsn: 0n }],
    tables: { '"public"."orders"': { oid: 16_384, sends: 'change_lake iudt', stamp: '755/10/16410/757' } },
  },
  setAside: [
    {
      ...{ table: '"public"."payments"', code: 'SOURCE_FAILED', message: 'SOURCE_FAILED: grant it' },
      ...{ sinceMs: 1_764_158_400_050, isRead: false },
    },
  ],
};

const mongoState: mongodb.MongoState = {
  ...{ deployment: '6564c1f2a1b2c3d4e5f60718', watched: 'shop', startTime: { seconds: 1_764_158_400, increment: 3 } },
  resume: {
    token: '{"_data":"8269270B00000000032B0429296E1404","_typeBits":{"$binary":{"base64":"gkAB","subType":"00"}}}',
    ...{ time: { seconds: 1_764_166_400, increment: 3 }, kind: 'event' },
  },
  snapshot: {
    ...{ time: { seconds: 1_764_158_400, increment: 3 }, only: null },
    ...{ done: ['shop.customers/0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9'], collection: 'shop.orders/1b1c2d3e' },
    ...{ after: 'EgAAABJfaWQAAQAAAAAAIAAA', documents: 4_200 },
  },
};

const stateOf =
  (source: 'postgresql' | 'mongodb') =>
  async (bytes: Buffer): Promise<unknown> => {
    const format = source === 'postgresql' ? postgresFormat : mongoFormat;
    const { history, state } = await openProgress<unknown>(holding(bytes), source, 'shop', format);
    return { history, state };
  };
const postgresFormat = {
  json: (state: unknown) => postgresql.stateJson(state as postgresql.PostgresState),
  parse: postgresql.parseState as (value: unknown) => unknown,
};
const mongoFormat = {
  json: (state: unknown) => mongodb.stateJson(state as mongodb.MongoState),
  parse: mongodb.parseState as (value: unknown) => unknown,
};
const writeState = (source: 'postgresql' | 'mongodb', state: unknown) => async (): Promise<Buffer> => {
  const lake = holding(null);
  await (await openProgress(lake, source, 'shop', source === 'postgresql' ? postgresFormat : mongoFormat)).keep(state);
  return lake.written();
};

const marker: Marker = {
  ...{ source: 'postgresql', day: Date.UTC(2026, 10, 22) / DAY_MS, events: 100, quarantined: 2, provedAt: NOON },
  missing: { count: 2, partitions: [{ ...OF, ranges: [{ first: 17n, last: 18n }] }] },
  lost: { count: 0, partitions: [] },
  partitions: [{ ...OF, first: 0n, last: 9_007_199_254_740_993n, events: 100, quarantined: 2 }],
};

const run: RunRecord = {
  ...{ startedAt: NOON, endedAt: NOON + 90_000, outcome: 'out_of_time', summary: { merged: 12, left: ['a file'] } },
};

const quarantined = { source: 'postgresql', ...OF, sequence: 9_007_199_254_740_993n } as const;
const replays: Replay[] = [
  { id: 'r-1', intendedAt: NOON, sentAt: NOON + 20, sha256: 'ab'.repeat(32), bytes: 12, isCorrected: false },
  { id: 'r-2', intendedAt: NOON + DAY_MS, sentAt: null, sha256: 'cd'.repeat(32), bytes: 14, isCorrected: true },
];

const summary: Summary = {
  ...{ source: 'postgresql', through: { at: NOON, why: ['a hole'] }, computedAt: NOON + 1 },
  totals: {
    ...{ events: 100, quarantined: 2, files: 9, gaps: 1, missing: 2, torn: 0, doubled: 0 },
    ...{ uncovered: 0, lost: 3, absent: 1, pending: 0, strangers: 0 },
  },
};

const minutes: Minutes = [
  {
    ...{ minute: 29_400_000, source: 'mongodb', batches: 2, received: 200, written: 190, duplicates: 10 },
    ...{
      quarantined: 1,
      gap: 0,
      files: 3,
      bytes: 64_000,
      delay: { 7: 2 },
      write: { 3: 2 },
      failures: { STORAGE_FAILED: 1 },
    },
  },
];

export const FORMATS: readonly Format[] = [
  // No older format of lines was ever written. What else reads them, and what becomes of newer ones there: lines.test.ts.
  {
    ...{ name: 'bronze', module: 'ledger/line-head', value: CONTEXT },
    read: (bytes) => ownerOf({ ...holding(null), readHead: () => Promise.resolve(bytes) }, NAMES.bronze),
    write: () => linesOf('bronze'),
    newer: { answer: 'newer_format' },
  },
  {
    ...{ name: 'quarantine', module: 'ledger/line-head', value: QUARANTINED },
    read: (bytes) => readQuarantineLine(bytes.subarray(0, bytes.indexOf(0x0a))),
    write: () => linesOf('quarantine'),
    newer: { answer: 'newer_format' },
  },
  {
    ...{ name: 'ledger', module: 'ledger/ledger-json', value: ledger },
    read: (bytes) => parseLedger(bytes, ledgerPath(OF)),
    write: () => formatLedger(ledger),
    newer: { code: 'LEDGER_NEWER', says: /has format 2; this version reads up to 1.*deploy that version again/s },
  },
  {
    ...{ name: 'closed-gaps', module: 'ledger/closed-gaps', value: closedGaps },
    read: (bytes) => parseClosedGaps(bytes, 'path'),
    write: () => formatClosedGaps(OF, closedGaps),
    newer: { code: 'LEDGER_NEWER', says: /has format 2; this version reads up to 1\. Deploy the newer version/ },
  },
  {
    ...{ name: 'optimise-plan', module: 'maintenance/optimise/plan-json', value: plan },
    read: (bytes) => parsePlan(bytes, planPath('postgresql', '2026/11/22', '3')),
    write: () => formatPlan(plan),
    newer: { answer: 'it has format 2, this version reads up to 1: a newer version has planned here, deploy it again' },
  },
  {
    ...{ name: 'capture-postgresql', module: 'capture/progress', value: { history: 1, state: postgresState } },
    ...{ read: stateOf('postgresql'), write: writeState('postgresql', postgresState) },
    newer: { code: 'CAPTURE_STATE_INVALID', says: /has format 2, this program knows 1\. Deploy the newer version/ },
  },
  {
    ...{ name: 'definitions-postgresql', module: 'capture/postgresql/definitions-record', value: definitions },
    ...{
      read: (bytes) => parseDefinitions('shop.tables.json', bytes, 1),
      write: () => formatDefinitions('shop', 1, definitions),
    },
    newer: { code: 'CAPTURE_STATE_INVALID', says: /has format 2, this program knows 1\. Deploy the newer version/ },
  },
  {
    ...{ name: 'capture-mongodb', module: 'capture/progress', value: { history: 1, state: mongoState } },
    ...{ read: stateOf('mongodb'), write: writeState('mongodb', mongoState) },
    newer: { code: 'CAPTURE_STATE_INVALID', says: /has format 2, this program knows 1\. Deploy the newer version/ },
  },
  {
    ...{ name: 'complete-day', module: 'maintenance/daily/marker', value: marker },
    ...{ read: parseMarker, write: () => formatMarker(marker) },
    newer: { answer: 'newer' },
  },
  {
    ...{ name: 'run-record', module: 'maintenance/record', value: run },
    read: (bytes) => readRun(holding(bytes), 'weekly'),
    async write() {
      const lake = holding(null);
      await writeRun(lake, 'weekly', run);
      return lake.written(runRecordPath('weekly'));
    },
    newer: { answer: null },
  },
  {
    ...{ name: 'replayed', module: 'maintenance/quarantine/record', value: replays },
    ...{ read: parseRecord, write: () => formatRecord(quarantined, replays) },
    newer: { answer: null },
  },
  {
    ...{ name: 'complete-through', module: 'maintenance/daily/summary', value: 'written' },
    // It is computed anew each day: all that is read is whether a newer version wrote it.
    read: (bytes) => writeSummary(holding(bytes), summary),
    write: () => formatSummary(summary),
    newer: { answer: 'overtaken' },
  },
  {
    ...{ name: 'observed', module: 'status/observed-json', value: minutes },
    ...{ read: parseObserved, write: () => formatObserved('a-1', minutes) },
    newer: { answer: [] },
  },
];
