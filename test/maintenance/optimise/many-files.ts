import { type HubEvent } from '../../../src/lib/decode/event';
import { encodeRun } from '../../../src/lib/lake/encode';
import { formatLedger } from '../../../src/lib/ledger/ledger-json';
import { dataPath, ledgerPath, type Shelf } from '../../../src/lib/ledger/names';
import { type Lake } from '../../../src/lib/ledger/port';
import { forEachOf } from '../../../src/lib/parallel';

/** A closed day of one hub with very many small files, as the app would have written it, put there without it. */

const OF = {
  source: 'postgresql',
  namespace: 'example.servicebus.windows.net',
  hub: 'changes',
  incarnation: 1,
} as const;
const RUN_EVENTS = 2;
/** Of so many runs, one has an event in quarantine. */
const QUARANTINED = 50;

export interface ManyFiles {
  readonly files: number;
  /** Every line, sorted. */
  readonly lines: readonly string[];
}

/** @param begin UTC ms, of the first event */
export async function fillWithFiles(lake: Lake, begin: number, partitions: number, runs: number): Promise<ManyFiles> {
  const lines: string[] = [];
  const files: { readonly path: string; readonly bytes: Buffer }[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const context = { ...OF, partition: String(partition) };
    for (let run = 0; run < runs; run += 1) {
      const first = run * RUN_EVENTS;
      const batch = Array.from({ length: RUN_EVENTS }, (_, i) => event(first + i, begin, run % QUARANTINED === i));
      const encoded = await encodeRun(batch, context);
      for (const shelf of ['bronze', 'quarantine'] as const satisfies readonly Shelf[]) {
        const part = encoded[shelf];
        if (part === null) continue;
        const range = { first: BigInt(first), last: BigInt(first + RUN_EVENTS - 1), count: part.count };
        const name = { firstEnqueuedAt: begin + first, partition: context.partition, incarnation: 1, ...range };
        files.push({ path: dataPath(shelf, OF.source, name), bytes: part.bytes });
        lines.push(...part.bytes.toString().trimEnd().split('\n'));
      }
    }
    const last = runs * RUN_EVENTS - 1;
    const ledger = formatLedger({
      ...{ ...context, generation: 'g', hubCreatedAt: null, start: 0n, last: BigInt(last) },
      ...{ lastEnqueuedAt: begin + last, gaps: [], pending: [], successor: null },
      counters: { events: last + 1, quarantined: 0, files: runs, bytes: 0 },
    });
    await lake.stage(ledgerPath(context), ledger);
  }
  await forEachOf(files, 16, ({ path, bytes }) => lake.stage(path, bytes));
  return { files: files.length, lines: lines.sort() };
}

function event(sequence: number, begin: number, isBroken: boolean): HubEvent {
  return {
    ...{ sequence: BigInt(sequence), offset: String(sequence), enqueuedAt: begin + sequence, partitionKey: null },
    ...{ properties: {}, body: Buffer.from(isBroken ? `no JSON ${sequence}` : JSON.stringify({ number: sequence })) },
  };
}
