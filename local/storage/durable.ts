import { type Server, type ServerResponse } from 'node:http';
import { addChanges, changesOf, formatChanges, makeChanges, parseChanges, type Changes } from './changes';
import { Journal } from './journal';
import { type Collection, type Database, type Store, type StoredRecord } from './stores';

/**
 * Azurite keeps its records in memory (LokiJS) and saves them every five seconds, all of them. Here every change is also written
 * to a journal beside that file before anyone is answered, and made again at the start: what was acknowledged survives the end of this
 * process at any moment. A save takes the place of the journal so far.
 */
export interface Durable {
  /**
   * Writes the changes since the last time, in one line: after a kill all of them are there, or none.
   *
   * @throws Error of the file system; they are written the next time
   */
  flush(): void;
  close(): Promise<void>;
}

/**
 * @param store not opened yet
 * @param path its database's file
 */
export function makeDurable(store: Store, path: string, log: (line: string) => void): Durable {
  const journal = new Journal(`${path}.journal`, log);
  const changes: Changes = new Map();
  const open = store.init.bind(store);
  Object.assign(store, {
    async init() {
      await open();
      const { db } = store;
      saveInsteadOf(journal, db);
      const found: Changes = new Map();
      for (const line of journal.read()) addChanges(found, parseChanges(line));
      makeChanges(db, found);
      if (found.size > 0) await save(db);
      journal.forgetBefore(journal.next());
      watch(db, changes);
    },
  } satisfies Partial<Store>);
  return {
    flush() {
      if (changes.size === 0) return;
      journal.append(formatChanges(changes));
      changes.clear();
    },
    close() {
      journal.close();
      return Promise.resolve();
    },
  };
}

/** Each answer waits until what came before it is written. */
export function answerAfter(flush: () => void, server: Server): void {
  server.prependListener('request', (_request, response: ServerResponse) => {
    const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse;
    // Node itself calls it for an answer whose head is not written otherwise.
    response.writeHead = (...head: unknown[]) => {
      flush();
      return writeHead(...head);
    };
  });
}

/** When the database is saved, the journal before it is no longer needed. */
function saveInsteadOf(journal: Journal, { persistenceAdapter }: Database): void {
  const saveDatabase = persistenceAdapter.saveDatabase.bind(persistenceAdapter);
  persistenceAdapter.saveDatabase = (name, text, callback) => {
    const first = journal.next();
    saveDatabase(name, text, (error) => {
      if (error === null || error === undefined) journal.forgetBefore(first);
      callback(error);
    });
  };
}

const save = (db: Database): Promise<void> =>
  new Promise((resolve, reject) =>
    db.saveDatabase((error) => (error === null || error === undefined ? resolve() : reject(error))),
  );

/** Notes every change to the database from now on. Records are the live objects: what is written is what they are by then. */
function watch(db: Database, changes: Changes): void {
  const heed = (collection: Collection<StoredRecord>): void => {
    const noteOne = (record: StoredRecord, left: StoredRecord | null): void => {
      if (record.$loki !== undefined) changesOf(changes, collection.name).records.set(record.$loki, left);
    };
    const note = (found: StoredRecord | readonly StoredRecord[]): void => {
      for (const record of [found].flat()) noteOne(record, record);
    };
    collection.on('insert', note);
    collection.on('update', note);
    // LokiJS takes the number away from a record after it has said that it is removed.
    collection.on('delete', (record) => noteOne(record, null));
  };
  db.collections.forEach(heed);

  const addCollection = db.addCollection.bind(db);
  const removeCollection = db.removeCollection.bind(db);
  Object.assign(db, {
    addCollection(name, options) {
      const there = db.collections.find((each) => each.name === name);
      if (there !== undefined) return there;
      changes.set(name, { base: { options }, records: new Map() });
      const collection = addCollection(name, options);
      heed(collection);
      return collection;
    },
    removeCollection(name) {
      changes.set(name, { base: 'removed', records: new Map() });
      removeCollection(name);
    },
  } satisfies Partial<Database>);
}
