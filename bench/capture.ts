import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { EventHubProducerClient, type EventData } from '@azure/event-hubs';
import { Client } from 'pg';
import { startPostgres, type LocalPostgres } from '../local/postgres/postgres';
import { outbox } from '../src/lib/capture/outbox';
import { type CapturedEvent, type ChangeSink, type Progress } from '../src/lib/capture/port';
import { capturePostgres } from '../src/lib/capture/postgresql/capture';
import { type PostgresState } from '../src/lib/capture/postgresql/state';
import { Secret } from '../src/lib/config/secret';
import { openSender } from '../src/lib/hub/sender';
import { type Lake } from '../src/lib/ledger/port';
import { median, ratioOf, type Ratio, type Round } from './ratio';

export interface CaptureBench {
  readonly name: 'capture';
  readonly rows: number;
  /** Rows a second from PostgreSQL into the hub, as a share of what `sendBatch` alone does with the same events ready-made. */
  readonly ratio: Ratio;
  readonly goal: 0.5;
  readonly rowsPerSecond: {
    readonly capture: number;
    readonly sendBatch: number;
    readonly pgRecvlogical: number | null;
  };
  /** Of this process, in MiB: before, and the most while so many rows were captured. */
  readonly memory: Readonly<Record<'manyTransactions' | 'oneTransaction', Memory>>;
}

interface Memory {
  readonly rows: number;
  readonly beforeMib: number;
  readonly mostMib: number;
}

export interface CaptureBenchOptions {
  readonly rounds?: number;
}

const HUB = 'postgresql-changes';
const ROWS = 100_000;
const ROWS_A_TRANSACTION = 100;
const PG_RECVLOGICAL = '/usr/bin/pg_recvlogical';

/** From a real PostgreSQL through the real client into the hub, which is another process; what is kept in the lake is kept in memory. */
export async function benchCapture({ rounds = 5 }: CaptureBenchOptions = {}): Promise<CaptureBench> {
  await using server = await startPostgres({ settings: { max_wal_size: '8GB', max_replication_slots: '40' } });
  await using platform = await spawnPlatform();
  const sql = new Client({ connectionString: server.connectionString });
  await sql.connect();
  await sql.query(
    'create table orders (id bigint primary key, customer bigint, total numeric, note text, at timestamptz)',
  );
  await sql.query('create publication change_lake for all tables');
  const bench = new Bench(server, sql, platform.eventHubs);

  await bench.slot('many');
  for (let from = 0; from < ROWS; from += ROWS_A_TRANSACTION) await insert(sql, from, ROWS_A_TRANSACTION);
  const events = await bench.collected('many', ROWS);
  const times: { capture: number[]; sendBatch: number[]; pgRecvlogical: number[] } = {
    ...{ capture: [], sendBatch: [], pgRecvlogical: [] },
  };
  const counted: Round[] = [];
  // The first of each warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const ours = await bench.capture('many', ROWS);
    const baseline = await sendAll(platform.eventHubs, events);
    const drained = await bench.drain('many');
    if (round === 0) continue;
    counted.push({ ours, baseline });
    times.capture.push(ours);
    times.sendBatch.push(baseline);
    if (drained !== null) times.pgRecvlogical.push(drained);
  }
  const perSecond = (ms: readonly number[]): number => Math.round((ROWS / median(ms)) * 1000);
  events.length = 0;
  const memory = {
    manyTransactions: await bench.memory(1_000_000, 1_000),
    oneTransaction: await bench.memory(500_000, 500_000),
  };
  await sql.end();
  return {
    name: 'capture',
    rows: ROWS,
    ratio: ratioOf(counted),
    goal: 0.5,
    rowsPerSecond: {
      capture: perSecond(times.capture),
      sendBatch: perSecond(times.sendBatch),
      pgRecvlogical: times.pgRecvlogical.length === 0 ? null : perSecond(times.pgRecvlogical),
    },
    memory,
  };
}

const insert = (sql: Client, from: number, count: number): Promise<unknown> =>
  sql.query(
    `insert into orders select n, n % 1000, n * 1.25, repeat('some words of a note; ', 8), now()
       from generate_series($1::bigint, $1::bigint + $2::bigint - 1) n`,
    [from, count],
  );

class Bench {
  #copies = 0;
  readonly #server: LocalPostgres;
  readonly #sql: Client;
  readonly #hub: string;

  constructor(server: LocalPostgres, sql: Client, hub: string) {
    [this.#server, this.#sql, this.#hub] = [server, sql, hub];
  }

  async slot(name: string): Promise<void> {
    await this.#sql.query("select pg_create_logical_replication_slot($1, 'pgoutput')", [name]);
  }

  /** Milliseconds from connecting to the last row being accepted by the hub. */
  async capture(from: string, rows: number): Promise<number> {
    const access = { kind: 'connectionString', connectionString: new Secret(this.#hub) } as const;
    await using sender = await openSender(access, HUB, 30_000);
    return await this.#run(from, rows, outbox('postgresql', sender, null as unknown as Lake));
  }

  /** The events themselves. */
  async collected(from: string, rows: number): Promise<CapturedEvent[]> {
    const events: CapturedEvent[] = [];
    const accepted = { events: 0, batches: 0, bytes: 0 };
    const put = (event: CapturedEvent): undefined => {
      events.push(event);
      accepted.events += 1;
    };
    await this.#run(from, rows, { put, flush: () => Promise.resolve(), accepted });
    return events;
  }

  /** How long PostgreSQL's own client takes to drain the same; null where it is not installed. */
  async drain(from: string): Promise<number | null> {
    if (!existsSync(PG_RECVLOGICAL)) return null;
    const slot = await this.#copy(from);
    const { rows } = await this.#sql.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    const startedAt = performance.now();
    const args = [
      '--start',
      '-S',
      slot,
      '-f',
      '/dev/null',
      '--endpos',
      rows[0]?.lsn ?? '',
      '-d',
      this.#server.connectionString,
    ];
    const child = spawn(PG_RECVLOGICAL, [...args, '-o', 'proto_version=1', '-o', 'publication_names=change_lake'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number];
    const ms = performance.now() - startedAt;
    await this.#drop(slot);
    return code === 0 ? ms : null;
  }

  /** How much memory it takes to capture so many rows, in transactions of so many. */
  async memory(rows: number, atATime: number): Promise<Memory> {
    const name = `memory_${rows}`;
    await this.slot(name);
    await this.#sql.query('truncate orders');
    for (let from = 0; from < rows; from += atATime) await insert(this.#sql, from, atATime);
    const mib = (): number => Math.round(process.memoryUsage.rss() / 1024 / 1024);
    const beforeMib = mib();
    let mostMib = beforeMib;
    const watch = setInterval(() => (mostMib = Math.max(mostMib, mib())), 50);
    // One more event: the truncate.
    await this.capture(name, rows + 1);
    clearInterval(watch);
    await this.#drop(name);
    return { rows, beforeMib, mostMib };
  }

  async #run(from: string, rows: number, sink: ChangeSink): Promise<number> {
    const slot = await this.#copy(from);
    const stop = new AbortController();
    let state: PostgresState | null = null;
    const progress: Progress<PostgresState> = {
      history: 1,
      get state() {
        return state;
      },
      keep: (next) => {
        state = next;
        return Promise.resolve();
      },
    };
    let put = 0;
    const counting: ChangeSink = {
      put: (event) => {
        put += 1;
        if (put === rows) stop.abort();
        return sink.put(event);
      },
      flush: () => sink.flush(),
      accepted: sink.accepted,
    };
    const database = {
      ...{
        name: 'bench',
        connectionString: new Secret(this.#server.connectionString),
        setting: 'LOCAL_POSTGRES',
        publication: 'change_lake',
        slot,
      },
      ...{ create: false, tables: null, snapshot: 'never' as const },
    };
    const definitions = { tables: [], keep: () => Promise.resolve() };
    const quiet = {
      onSnapshot: () => undefined,
      onSetAside: () => undefined,
      onPublication: () => undefined,
      onCommit: () => undefined,
      onRetained: () => undefined,
    };
    const startedAt = performance.now();
    const until = { stop: stop.signal, abort: new AbortController().signal };
    await capturePostgres(database, { sink: counting, progress, definitions, now: Date.now, ...quiet }, until);
    const ms = performance.now() - startedAt;
    await this.#drop(slot);
    return ms;
  }

  async #copy(from: string): Promise<string> {
    const slot = `copy_${(this.#copies += 1)}`;
    await this.#sql.query('select pg_copy_logical_replication_slot($1, $2)', [from, slot]);
    return slot;
  }

  async #drop(slot: string): Promise<void> {
    await this.#sql.query('select pg_drop_replication_slot($1)', [slot]);
  }
}

/** What the SDK alone does: batches filled and sent, each partition's after each other, the partitions beside each other. */
async function sendAll(connectionString: string, events: readonly CapturedEvent[]): Promise<number> {
  const producer = new EventHubProducerClient(connectionString, HUB);
  const partitions = await producer.getPartitionIds();
  const startedAt = performance.now();
  const sendShare = async (partitionId: string, lane: number): Promise<void> => {
    let batch = await producer.createBatch({ partitionId });
    for (let at = lane; at < events.length; at += partitions.length) {
      const event = events[at] as CapturedEvent;
      const data: EventData = { body: event.body, properties: { eventId: event.eventId } };
      if (batch.tryAdd(data)) continue;
      await producer.sendBatch(batch);
      batch = await producer.createBatch({ partitionId });
      batch.tryAdd(data);
    }
    await producer.sendBatch(batch);
  };
  await Promise.all(partitions.map(sendShare));
  const ms = performance.now() - startedAt;
  await producer.close();
  return ms;
}

/** Event Hubs in a process of its own: in ours it would be measured, too. */
async function spawnPlatform(): Promise<AsyncDisposable & { readonly eventHubs: string }> {
  const child = spawn(process.execPath, [path.join(__dirname, 'local.js'), '--free-ports', '--memory', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { eventHubs } = JSON.parse(line) as { eventHubs: string };
  return {
    eventHubs,
    [Symbol.asyncDispose]: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
