import path from 'node:path';
import { Client } from 'pg';
import { catalogOver, SessionDefinitions } from '../../../src/lib/capture/postgresql/definitions-session';
import { EnvelopeEncoder } from '../../../src/lib/capture/postgresql/envelope';
import { type CaptureSource } from '../../../src/lib/capture/postgresql/envelope-source';
import { type CaptureStep } from '../../../src/lib/capture/postgresql/envelope-steps';
import { KEY_QUERY } from '../../../src/lib/capture/postgresql/envelope-table';
import { clientEncoding, SESSION_SETTINGS } from '../../../src/lib/capture/postgresql/values';
import { debianVersion, type PostgresVersion } from '../../../local/postgres/binaries';

/** The servers that are there to be tested with. */
export const VERSIONS: readonly PostgresVersion[] = debianVersion() === null ? [18] : [18, 'debian'];

export const NOW_MS = 1_764_158_400_050;

/** An event, and what a test asks of it. */
export interface SeenEvent {
  readonly key: string;
  readonly eventId: string;
  readonly body: string;
  /** Exact: the JSON text of `before` and `after`, `null` included. */
  readonly before: string;
  readonly after: string;
  /** Parsed, so large numbers in it are not exact. */
  readonly json: Record<string, unknown>;
}

/** A row of pg_logical_slot_get_binary_changes: what a session of the replication protocol gets as an XLogData message. */
interface SlotRow {
  readonly lsn: string;
  readonly xid: string;
  readonly data: Buffer;
}

export async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  const { rows } = await client.query<{ server_encoding: string }>('show server_encoding');
  const settings = { ...SESSION_SETTINGS, client_encoding: clientEncoding(rows[0]?.server_encoding ?? '') };
  for (const [name, value] of Object.entries(settings)) await client.query(`set ${name} to '${value}'`);
  return client;
}

/** A publication and a slot on a server of its tests, and the encoder that reads it, all with the same name. */
export class Source {
  readonly encoder: EnvelopeEncoder;
  readonly facts: CaptureSource;
  readonly #definitions: SessionDefinitions;

  private constructor(
    readonly client: Client,
    readonly name: string,
    systemId: string,
    definitions: SessionDefinitions,
  ) {
    this.#definitions = definitions;
    this.facts = { name: 'shop', database: 'postgres', systemId, history: 1 };
    this.encoder = new EnvelopeEncoder(this.facts);
  }

  /** @param publication what stands behind `create publication …` */
  static async open(client: Client, name: string, publication: string): Promise<Source> {
    await client.query(`create publication ${name} ${publication}`);
    await client.query(`select pg_create_logical_replication_slot('${name}', 'pgoutput')`);
    const { rows } = await client.query<{ id: string }>(
      'select system_identifier::text as id from pg_control_system()',
    );
    const catalog = catalogOver(client, [name], () => NOW_MS);
    const none = { tables: [], keep: () => Promise.resolve() };
    const definitions = await SessionDefinitions.begin(none, catalog, { safeLsn: 0n, sentUpTo: 0n });
    return new Source(client, name, rows[0]?.id ?? '', definitions);
  }

  /** Reads what was committed since the last time, and learns of the catalog what the encoder asks for. */
  async steps(): Promise<CaptureStep[]> {
    const { rows } = await this.client.query<SlotRow>(
      `select lsn, xid, data from pg_logical_slot_get_binary_changes('${this.name}', null, null,
         'proto_version', '1', 'publication_names', '${this.name}', 'messages', 'true')`,
    );
    const steps: CaptureStep[] = [];
    for (const { lsn, data } of rows) {
      await this.#definitions.before(data, this.encoder);
      const step = this.encoder.take(data, lsnValue(lsn), NOW_MS);
      if (step.kind === 'relation' || step.kind === 'type') this.#definitions.take(step);
      steps.push(step);
    }
    return steps;
  }

  async events(): Promise<SeenEvent[]> {
    const steps = await this.steps();
    return steps.flatMap((step) => (step.kind === 'events' ? step.events.map(seen) : []));
  }
}

export async function keyOf(client: Client, table: number | string): Promise<string[]> {
  const { rows } = await client.query<{ column: string }>(KEY_QUERY, [table]);
  return rows.map(({ column }) => column);
}

export function seen({ key, eventId, body }: { key: string; eventId: string; body: Buffer }): SeenEvent {
  const text = body.toString();
  const json = JSON.parse(text) as Record<string, unknown>;
  const [, before = '', after = ''] =
    /^\{"before":(.*),"after":(.*?)(?:,"unchanged":\[[^\]]*\])?,"source":/.exec(text) ?? [];
  return { key, eventId, body: text, before, after, json };
}

/** `16/B374D848` as a number. */
export function lsnValue(text: string): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/** Copies are the copier's; the server wants them to be its own. */
export async function own(from: string, to: string): Promise<void> {
  const { execFile } = await import('node:child_process');
  const { promisify } = await import('node:util');
  await promisify(execFile)('chown', ['-R', `--reference=${path.join(from, 'data')}`, to]);
}
