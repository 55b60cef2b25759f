import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';

export type JsonRow = Record<string, Json>;

export interface DuckDbOptions {
  /** The database's file, with what does not fit into memory beside it. */
  readonly file: string;
  /** For DuckDB itself: `512MB` */
  readonly memoryLimit: string;
}

/** DuckDB in this process, with the macros of docs/sql/current_state.sql. */
export class DuckDb implements AsyncDisposable {
  readonly #instance;
  readonly #connection;

  private constructor(instance: DuckDBInstance, connection: Awaited<ReturnType<DuckDBInstance['connect']>>) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open({ file, memoryLimit }: DuckDbOptions): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(file, {
      memory_limit: memoryLimit,
      temp_directory: `${file}.spilled`,
      // Rows come as a set: keeping the order of files would hold them back in memory.
      preserve_insertion_order: 'false',
      autoinstall_known_extensions: 'false',
    });
    const database = new DuckDb(instance, await instance.connect());
    try {
      await database.run(await readFile(sqlFile('current_state.sql'), 'utf8'));
      return database;
    } catch (error) {
      await database[Symbol.asyncDispose]();
      throw error;
    }
  }

  async run(sql: string, values: readonly string[] = []): Promise<void> {
    await this.#connection.run(sql, [...values]);
  }

  /** The rows of an answer, a few at a time in memory. 64-bit integers come as text. */
  async *rows(sql: string, values: readonly string[] = []): AsyncGenerator<JsonRow> {
    const result = await this.#connection.stream(sql, [...values]);
    for await (const chunk of result.yieldRowObjectJson()) yield* chunk;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
    return Promise.resolve();
  }
}

/** Where a file of docs/sql lies, as seen from here or from the bundles in dist. */
export function sqlFile(name: string): string {
  const [first, ...others] = ['../../docs/sql', '../docs/sql'].map((folder) => path.resolve(__dirname, folder, name));
  const file = [first, ...others].find((candidate) => candidate !== undefined && existsSync(candidate));
  if (file === undefined) throw new Error(`docs/sql/${name} is not where it belongs: ${first ?? name}`);
  return file;
}
