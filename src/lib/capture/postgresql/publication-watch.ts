import { type Client } from 'pg';
import { PipelineError } from '../../errors';
import { publicationNames, type PostgresDatabase } from './database';
import { formatLsn, parseLsn } from './lsn';
import { identifier } from './names';
import { goneOf, publicationChanges, readPublished, type Published, type PublicationChange } from './publication';
import { arrangePublications, isUnpublished, type Unpublished } from './publication-arrange';
import { readCandidates, withoutUpdates, type Candidate, type WithoutUpdates } from './publication-tables';
import { type CaptureRecord } from './record';
import { beginAnew, dropSql } from './start';

/** What is logged of publications. */
export type PublicationNews =
  | { readonly kind: 'publication_changed'; readonly changes: readonly PublicationChange[] }
  | { readonly kind: 'tables_without_updates'; readonly tables: readonly WithoutUpdates[] };

export interface WatchDeps {
  readonly database: PostgresDatabase;
  readonly client: Client;
  readonly record: CaptureRecord;
  readonly onNews: (news: PublicationNews) => void;
  /** Called when more publications can be read than the run reads: it is to begin again. */
  readonly onReadable: () => void;
}

/**
 * Watches what the publications are: at the start, every few seconds, and before a position is kept, so that no position passes over a change of
 * them. Those that capture keeps are arranged: tables that are new are added, and those that have won or lost their replica identity moved.
 */
export class PublicationWatch implements Disposable {
  readonly #deps: WatchDeps;
  #checked: Promise<void> = Promise.resolve();
  #without = '[]';
  /** Those that the run reads. */
  #read: readonly string[] | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
  }

  /**
   * Checks again and again from now on.
   *
   * @returns the publications that can be read from where the record stands, and are read from now on
   */
  begin(everyMs: number, onFailure: (error: unknown) => void): readonly string[] {
    let isLooking = false;
    this.#timer = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      void this.check()
        .catch(onFailure)
        .finally(() => (isLooking = false));
    }, everyMs);
    return (this.#read = this.#readable());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /**
   * Compares what is published with what was; what was changed is logged and kept.
   *
   * @throws PipelineError SOURCE_HISTORY_LOST where a publication was dropped, though it may be there again
   */
  check(): Promise<void> {
    // One after another, and each from its own beginning: a check that began before a position was reached says nothing of it.
    this.#checked = this.#checked.catch(() => undefined).then(() => this.#check());
    return this.#checked;
  }

  async #check(): Promise<void> {
    const { database, client, record, onReadable } = this.#deps;
    const known = record.state.published;
    let candidates = await readCandidates(client, database);
    // A publication that is not read yet gets no table: what is written to it until then would be lost.
    if (database.create && this.#readable().length === publicationNames(database).length) {
      const { isChanged, unpublished } = await arrangePublications(client, database, candidates);
      await this.#setAside(unpublished);
      if (isChanged) candidates = await readCandidates(client, database);
    }
    const found = await readPublished(client, database);
    const gone = goneOf(known, found);
    if (gone !== null) throw publicationLost(database, gone);
    await this.#compare(known, found);
    await this.#keep(found);
    this.#tellWithoutUpdates(candidates);
    if (this.#read !== null && this.#readable().length > this.#read.length) onReadable();
  }

  #readable(): readonly string[] {
    const { published, safeLsn } = this.#deps.record.state;
    return published.publications.filter(({ fromLsn }) => fromLsn <= safeLsn).map(({ name }) => name);
  }

  /** Logs what was changed, and sets aside the tables of which changes may be missing by that. */
  async #compare(known: Published, found: Published): Promise<void> {
    const changes = publicationChanges(known, found);
    if (changes.length === 0) return;
    const { client, database, record, onNews } = this.#deps;
    const { rows } = await client.query<{ table: string }>(
      `select pg_catalog.format('"%s"."%s"', pg_catalog.replace(nspname, '"', '""'), pg_catalog.replace(relname, '"', '""')) as table
       from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
       where class.oid = any ($1::oid[]) or class.oid = any (array(select pg_catalog.to_regclass(name)::oid from pg_catalog.unnest($2::text[]) as name))`,
      [changes.map(({ oid }) => oid), changes.map(({ table }) => table)],
    );
    const existing = new Set(rows.map(({ table }) => table));
    // A table that was dropped sends nothing more, and that is all right, unless there is another one of its name.
    const told = changes.filter(
      ({ change, table }) => change !== 'left' || (existing.has(table) && !(table in found.tables)),
    );
    if (told.length > 0) onNews({ kind: 'publication_changed', changes: told });
    for (const one of told) {
      const gap = gapOf(database, one, record);
      if (gap !== null) await record.setAside(one.table, gap, true);
    }
  }

  /** Tables that the settings want and that cannot be published are set aside once, and taken back when they are. */
  async #setAside(unpublished: readonly Unpublished[]): Promise<void> {
    const { record } = this.#deps;
    for (const { table, error } of unpublished) {
      const known = record.state.setAside.find((one) => one.table === table);
      if (known?.message !== error.message) await record.setAside(table, error, true);
    }
    const over = record.state.setAside.filter(
      (one) => isUnpublished(one) && !unpublished.some(({ table }) => table === one.table),
    );
    for (const { table } of over) await record.takeBack(table);
  }

  /** A publication that is new is read from where the log stands now; until then it is not there for the log. */
  async #keep(found: Published): Promise<void> {
    const { client, record } = this.#deps;
    const known = record.state.published;
    const isNew = found.publications.some(({ name }) => !known.publications.some((one) => one.name === name));
    const { rows } = isNew
      ? await client.query<{ lsn: string }>('select pg_catalog.pg_current_wal_insert_lsn()::text as lsn')
      : { rows: [] };
    const here = parseLsn(rows[0]?.lsn ?? '') ?? 0n;
    const publications = found.publications.map(
      (one) => known.publications.find(({ name }) => name === one.name) ?? { ...one, fromLsn: here },
    );
    const isSame = JSON.stringify(found.tables) === JSON.stringify(known.tables);
    if (isNew || !isSame) await record.keep({ published: { publications, tables: found.tables } });
  }

  #tellWithoutUpdates(candidates: readonly Candidate[]): void {
    const tables = withoutUpdates(candidates);
    const text = JSON.stringify(tables);
    if (text === this.#without) return;
    this.#without = text;
    this.#deps.onNews({ kind: 'tables_without_updates', tables });
  }
}

/** The error of a publication that was not there for a part of the log. */
export function publicationLost(
  database: PostgresDatabase,
  { name, isMadeAgain }: { readonly name: string; readonly isMadeAgain: boolean },
): PipelineError {
  const also = isMadeAgain || database.create ? '' : ' Make the publication, too';
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${database.name}: the publication ${name} was dropped${isMadeAgain ? ' and made again' : ''}, or was made after the slot. What was ` +
      `written to its tables while it was not there is in no publication, and cannot be captured any more. Nothing was skipped, capture of ` +
      `this database has stopped. ${beginAnew(database, `${dropSql(database)}${also}`)}`,
  );
}

/** What is missing of a table by a change of the publications; null for nothing. */
function gapOf(
  database: PostgresDatabase,
  { change, table, before, after }: PublicationChange,
  record: CaptureRecord,
): PipelineError | null {
  const since = `from some time behind ${formatLsn(record.state.safeLsn)} on`;
  const [main, inserts] = publicationNames(database);
  const insertsAlone = `${inserts} it`;
  let found: string;
  switch (change) {
    case 'joined': {
      // Only of one that was captured before something is missing: others begin here.
      const wasThere = record.state.setAside.some((one) => one.table === table && one.code === 'SOURCE_HISTORY_LOST');
      if (!wasThere) return null;
      found = 'is published again: its changes while it was not are missing';
      break;
    }
    case 'left':
      found = `is not published any more: its changes are missing ${since}. If it is to be captured: ALTER PUBLICATION ${identifier(main)} ADD TABLE ${table};`;
      break;
    case 'renewed':
      found = `was published otherwise for a time, and is published as before now: its changes of that time may be missing, ${since}`;
      break;
    case 'changed': {
      // It has lost its replica identity: PostgreSQL has refused its updates until now.
      if (after === insertsAlone && database.create) return null;
      found =
        before === insertsAlone
          ? 'is published with its updates and deletes from now on: those made before are missing'
          : `is published as "${after ?? ''}" and was as "${before ?? ''}": changes that only one of the two sends are missing, ${since}`;
      break;
    }
    default:
      return change satisfies never;
  }
  return new PipelineError(
    'SOURCE_HISTORY_LOST',
    `PostgreSQL ${database.name}: ${table} ${found}. The other tables go on. ${beginAnew(database)}`,
  );
}
