import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Client } from 'pg';
import { type LocalPostgres } from '../../../local/postgres/postgres';
import { capturePostgres, type PostgresRoom } from '../../../src/lib/capture/postgresql/capture';
import { type PostgresDatabase } from '../../../src/lib/capture/postgresql/database';
import { type TableDefinition } from '../../../src/lib/capture/postgresql/definition';
import {
  formatDefinitions,
  parseDefinitions,
  type DefinitionsRecord,
} from '../../../src/lib/capture/postgresql/definitions-record';
import { parseState, stateJson, type PostgresState } from '../../../src/lib/capture/postgresql/state';
import { type CapturedEvent, type Ended, type SnapshotTold } from '../../../src/lib/capture/port';
import { type PublicationNews } from '../../../src/lib/capture/postgresql/publication-watch';
import { type TableSetAside } from '../../../src/lib/capture/set-aside';
import { Secret } from '../../../src/lib/config/secret';
import { FakeHub, FakeProgress, type Run as FakeRun } from '../fakes';

/** An event that was accepted, parsed; numbers beyond 2^53 are rounded in `json`, not in `body`. */
export interface Seen extends CapturedEvent {
  readonly json: {
    readonly op: string;
    readonly before: Record<string, unknown> | null;
    readonly after: Record<string, unknown> | null;
    readonly source: { readonly table: string; readonly commit_lsn: number; readonly snapshot: string };
    readonly transaction: { readonly total_order: number } | null;
  };
}

/** A hub that tells what it accepted in the source's order. */
export class OrderedHub extends FakeHub<Seen['json']> {
  /** Each event once, in the source's order. */
  inOrder(): Seen[] {
    const order = (event: Seen): [number, number] => [
      event.json.source.commit_lsn,
      event.json.transaction?.total_order ?? 0,
    ];
    return this.once.sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
  }

  /** `id` of each change of a table, with its operation: `c1 u1 d1`. */
  story(table: string): string {
    const of = this.inOrder().filter(({ json }) => json.source.table === table);
    return of.map(({ json }) => `${json.op}${JSON.stringify((json.after ?? json.before)?.['id'] ?? null)}`).join(' ');
  }
}

/** The definitions' file, in memory; shared by runs after each other. */
export class FakeDefinitions {
  bytes: Buffer | null = null;

  open(history: number): DefinitionsRecord {
    return {
      tables: this.bytes === null ? [] : parseDefinitions('in a test', this.bytes, history),
      keep: (tables) => {
        this.bytes = formatDefinitions('shop', history, tables);
        return Promise.resolve();
      },
    };
  }

  /** What is kept of a table, in the order in which it holds. */
  of(table: string): TableDefinition[] {
    const all = this.bytes === null ? [] : parseDefinitions('in a test', this.bytes, 1);
    return all.filter((definition) => definition.table === table);
  }
}

/** A database of its own on a server, with a run of capture on it. */
export class Rig implements AsyncDisposable {
  readonly hub = new OrderedHub();
  readonly progress = new FakeProgress<PostgresState>(stateJson, parseState);
  readonly definitions = new FakeDefinitions();
  readonly snapshots: SnapshotTold[] = [];
  readonly setAside: TableSetAside[] = [];
  readonly news: PublicationNews[] = [];
  database: PostgresDatabase;

  private constructor(
    readonly server: LocalPostgres,
    readonly sql: Client,
    name: string,
    url: string,
  ) {
    this.database = {
      name,
      connectionString: new Secret(url),
      setting: 'SHOP_DATABASE',
      publication: 'change_lake',
      slot: `change_lake_${name}`,
      create: true,
      tables: null,
      snapshot: 'never',
    };
  }

  static async open(server: LocalPostgres, name: string, tables: string): Promise<Rig> {
    const admin = new Client({ connectionString: server.connectionString });
    await admin.connect();
    await admin.query(`create database ${name}`);
    await admin.end();
    const url = new URL(server.connectionString);
    url.pathname = `/${name}`;
    const sql = new Client({ connectionString: url.href });
    // A test may restart the server under it.
    sql.on('error', () => undefined);
    await sql.connect();
    await sql.query(tables);
    return new Rig(server, sql, name, url.href);
  }

  /** Starts a run. */
  run(database: Partial<PostgresDatabase> = {}, room: Partial<PostgresRoom> = {}): Run {
    const [stop, abort] = [new AbortController(), new AbortController()];
    const whole: PostgresRoom = {
      sink: this.hub,
      progress: this.progress.open(),
      definitions: this.definitions.open(this.progress.history),
      now: Date.now,
      onSnapshot: (told) => this.snapshots.push(told),
      onSetAside: (table) => this.setAside.push(table),
      onPublication: (news) => this.news.push(news),
      onCommit: () => undefined,
      onRetained: () => undefined,
      ...room,
    };
    const ended = capturePostgres({ ...this.database, ...database }, whole, {
      stop: stop.signal,
      abort: abort.signal,
    });
    ended.catch(() => undefined);
    return {
      ended,
      stop: () => {
        stop.abort();
        return ended;
      },
      abort: () => {
        abort.abort();
        return ended;
      },
    };
  }

  /** Lets a run begin and end, so that the slot is there. */
  async begin(database: Partial<PostgresDatabase> = {}): Promise<void> {
    await this.run(database).stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A server has ten slots.
    await this.sql
      .query(
        'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1 and not active',
        [this.database.slot],
      )
      .catch(() => undefined);
    await this.sql.end().catch(() => undefined);
  }
}

export type Run = FakeRun<Ended>;

/** A wire to a local port that can fall silent: what is sent arrives nowhere, and nothing is closed. */
export async function silentWire(to: number): Promise<AsyncDisposable & { readonly port: number; silence(): void }> {
  const sockets: Socket[] = [];
  const wire = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(wire, 'listening');
  return {
    port: (wire.address() as AddressInfo).port,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      wire.close();
      await once(wire, 'close');
    },
  };
}
