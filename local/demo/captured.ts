import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataLakeFileSystemClient } from '@azure/storage-file-datalake';
import { type Document } from 'mongodb';
import { DATABASE, type Shop } from './shops';
import { type Sources } from './sources';

const LOOK_EVERY_MS = 200;

/** Without an end for so long, it gives up. */
const PATIENCE_MS = 180_000;

/**
 * Waits until everything that was committed has been accepted by Event Hubs, as capture itself has written down.
 *
 * @throws Error that says which source is behind
 */
export async function untilCaptured({ shops }: Sources, lake: DataLakeFileSystemClient): Promise<void> {
  await Promise.all(shops.flatMap((shop) => [untilSlotReaches(shop), untilTokenReaches(shop, lake)]));
}

/** The slot is told only of what is safe: where it stands, everything is. */
async function untilSlotReaches({ name, sql }: Shop): Promise<void> {
  const { rows } = await sql.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
  await untilSo(`PostgreSQL ${name}`, async () => {
    const answer = await sql.query<{ reached: boolean }>(
      'select confirmed_flush_lsn >= $1::pg_lsn as reached from pg_replication_slots where slot_name = $2',
      [rows[0]?.lsn, `change_lake_${name}`],
    );
    return answer.rows[0]?.reached === true;
  });
}

/** A last document is written; its resume token sorts behind all before it. */
async function untilTokenReaches({ name, mongo }: Shop, lake: DataLakeFileSystemClient): Promise<void> {
  const marks = mongo.db(DATABASE).collection('marks');
  const stream = marks.watch();
  // The stream begins when it is first read.
  const next = stream.next() as Promise<Document & { readonly _id: { readonly _data: string } }>;
  await stream.tryNext().catch(() => undefined);
  await marks.insertOne({ at: new Date() });
  const { _data: last } = (await next)._id;
  await stream.close();
  await untilSo(`MongoDB ${name}`, async () => {
    const reached = await readToken(name, lake);
    return reached !== null && reached >= last;
  });
}

async function readToken(name: string, lake: DataLakeFileSystemClient): Promise<string | null> {
  try {
    // One request: readToBuffer asks for the length first, and capture may replace the record by a shorter one in between.
    const { readableStreamBody: body } = await lake.getFileClient(`_system/capture/mongodb/${name}.json`).read();
    const { resume } = (await json(body as NodeJS.ReadableStream)) as { resume: { token: string } | null };
    return resume === null ? null : (JSON.parse(resume.token) as { _data: string })._data;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

async function untilSo(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > until)
      throw new Error(`Capture from ${what} did not come to its end in ${PATIENCE_MS / 1000} s.`);
    await sleep(LOOK_EVERY_MS);
  }
}
