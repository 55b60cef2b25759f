import { MongoClient } from 'mongodb';
import { Random } from '../../events/random';
import { allOf } from '../workers';
import { patiently } from '../patience';
import { MongoAgenda, type CollectionsReport } from './agenda';
import { isPassing, transact } from './transact';

export interface CollectionChangesOptions {
  /** Of a replica set. */
  readonly uri: string;
  /** Where `createCollections` made the collections. */
  readonly database: string;
  readonly seed: number;
  /** Changes of documents to commit; the last ones under way may make it a few more. */
  readonly changes: number;
  /** Transactions and writes at once, 4 when left out. With 1 the same seed makes the same changes. */
  readonly connections?: number;
  /** Documents that no event of a hub can hold; 2 when left out. */
  readonly largeDocuments?: number;
  /** Of such a document, at least; 1,250,000 when left out. */
  readonly largeDocumentBytes?: number;
  /** Ends the run: what has begun is finished, what waits for the server is given up. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: CollectionsReport) => void;
}

/**
 * Changes the collections, by transactions and alone, until enough is committed. The server may end and start meanwhile.
 *
 * @throws Error where the server refuses what it should not, or is away for two minutes
 */
export async function collectionChanges(options: CollectionChangesOptions): Promise<CollectionsReport> {
  const { uri, database, connections = 4, largeDocuments = 2, largeDocumentBytes = 1_250_000 } = options;
  const agenda = new MongoAgenda(new Random(options.seed), {
    changes: options.changes,
    largeDocuments,
    largeDocumentBytes,
  });
  const client = new MongoClient(uri, {
    maxPoolSize: connections,
    serverSelectionTimeoutMS: 5_000,
    heartbeatFrequencyMS: 1_000,
  });
  const passes = (error: unknown): boolean => {
    const passing = isPassing(error);
    if (passing) agenda.retried();
    return passing;
  };
  try {
    await allOf(connections, options.signal ?? null, async (stop) => {
      for (let plan = agenda.next(); plan !== null && !stop.aborted; plan = agenda.next()) {
        const next = plan;
        const ending = await patiently(() => transact(client, database, next), passes, stop);
        if (ending === null) return;
        agenda.ended(next, ending);
        options.onProgress?.(agenda.report);
      }
    });
    return agenda.report;
  } finally {
    await client.close();
  }
}
