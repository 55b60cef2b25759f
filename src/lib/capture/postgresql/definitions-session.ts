import { type Client } from 'pg';
import { lookUpTables } from './catalog-tables';
import { type StreamPosition, type TableDefinition } from './definition';
import { Definitions, type Catalog } from './definitions';
import { type DefinitionsRecord } from './definitions-record';
import { KEY_QUERY } from './envelope-table';
import { type CaptureStep } from './envelope-steps';
import { tablesOf } from './pgoutput';
import { TYPE_QUERY, type TypeRow } from './types';

/** What takes the definitions of tables, and knows where the stream is. */
export interface Reader {
  define(definition: TableDefinition): void;
  readonly position: StreamPosition;
}

/** The definitions of one session: looked up when it begins, and written down before the first row that is read by them is put. */
export class SessionDefinitions {
  readonly #definitions: Definitions;
  readonly #record: DefinitionsRecord;
  #safeLsn: bigint;
  #written: Promise<void> = Promise.resolve();

  private constructor(definitions: Definitions, record: DefinitionsRecord, safeLsn: bigint) {
    this.#definitions = definitions;
    this.#record = record;
    this.#safeLsn = safeLsn;
  }

  /**
   * @param sentUpTo where the server's log ended when the session began
   * @throws what the server says; PipelineError CAPTURE_OVERTAKEN, STORAGE_FAILED
   */
  static async begin(
    record: DefinitionsRecord,
    catalog: Catalog,
    { safeLsn, sentUpTo }: { readonly safeLsn: bigint; readonly sentUpTo: bigint },
  ): Promise<SessionDefinitions> {
    const definitions = new Definitions(record.tables, sentUpTo, catalog);
    await definitions.begin();
    const session = new SessionDefinitions(definitions, record, safeLsn);
    await session.keep(safeLsn);
    return session;
  }

  /** Undefined where `payload` can be read as it is; else a promise to wait for before it is. */
  before(payload: Buffer, reader: Reader): Promise<void> | undefined {
    if (!this.#definitions.isPending) return undefined;
    const tables = tablesOf(payload);
    return tables === null ? undefined : this.#define(tables, reader);
  }

  take(step: Extract<CaptureStep, { kind: 'relation' | 'type' }>): void {
    if (step.kind === 'type') this.#definitions.type(step.type);
    else this.#definitions.relation(step.relation);
  }

  /** Writes down what is not written down yet, without the versions that the stream behind `safeLsn` no longer needs. */
  keep(safeLsn: bigint): Promise<void> {
    this.#safeLsn = safeLsn;
    // A write that failed fails those behind it: the file is no longer known.
    this.#written = this.#written.then(async () => {
      if (this.#definitions.isDirty) await this.#record.keep(this.#definitions.kept(this.#safeLsn));
    });
    this.#written.catch(() => undefined);
    return this.#written;
  }

  async #define(tables: readonly number[], reader: Reader): Promise<void> {
    for (const definition of await this.#definitions.define(tables, reader.position)) reader.define(definition);
    await this.keep(this.#safeLsn);
  }
}

/** The catalog of a database, asked through a session that is for nothing else meanwhile. */
export function catalogOver(client: Client, publications: readonly string[], now: () => number): Catalog {
  return {
    now,
    tables: () => lookUpTables(client, publications),
    key: async (relationOid) => {
      const { rows } = await client.query<{ column: string }>(KEY_QUERY, [relationOid]);
      return rows.map(({ column }) => column);
    },
    types: async (typeOids) => (await client.query<TypeRow>(TYPE_QUERY, [typeOids])).rows,
  };
}
