import { type Source } from '../decode/event';
import { ingest, type IngestRoom } from '../ingest';
import { codeOf } from '../observability/failure';
import { ingestRoom } from '../rooms';
import { line, shared, type InvocationLike, type Shared } from './process';

/** Both functions share the ledgers and the memory budget, for as long as they share the rest. */
const rooms = new WeakMap<Shared, IngestRoom>();

/** The handler of a source's batches: lands the batch and logs one line about it, or throws so that it comes again. */
export function handlerFor(source: Source): (bodies: unknown, context: InvocationLike) => Promise<void> {
  return async (bodies, context) => {
    let opened: Shared | null = null;
    try {
      opened = await shared();
      const report = await ingest(source, bodies, context.triggerMetadata, roomOf(opened));
      if (report === null) return;
      context.log(line({ message: 'batch', source, ...report }));
      opened.telemetry.batch(source, report);
      opened.observer.landed(source, report);
    } catch (error) {
      const code = codeOf(error);
      // The host logs what is thrown as prose, and perhaps only once its retries are through: these are the fields.
      context.error(line({ message: 'batch_failed', source, code, error: String(error) }));
      opened?.telemetry.batchFailed(source, error, context);
      opened?.observer.failed(source, code);
      throw error;
    }
  };
}

function roomOf(opened: Shared): IngestRoom {
  const room = rooms.get(opened) ?? ingestRoom(opened.config, opened.clients);
  rooms.set(opened, room);
  return room;
}
