import { type Exporter, type Receipt, type Telegram, ACCEPTED } from '../../src/lib/observability/exporter';
import { type Timing } from '../../src/lib/observability/telemetry';
import { type BatchReport } from '../../src/lib/report';

/** A report on a batch that went well, with some figures of its own. */
export function batchReport(figures: Partial<BatchReport> = {}): BatchReport {
  return {
    hub: 'changes',
    partition: '3',
    incarnation: 1,
    firstSequence: '0',
    lastSequence: '9',
    received: 10,
    written: 10,
    duplicates: 0,
    quarantined: 0,
    unrecognised: 0,
    propertiesLost: false,
    gap: 0,
    files: 1,
    bytes: 1_000,
    swapConflicts: 0,
    writeMs: 12,
    delayMs: 345,
    ...{ sourceDelayMs: null },
    ...figures,
  };
}

/** Time that passes when it is told to: intervals end by hand. */
export class ManualTiming implements Timing {
  readonly #acts = new Set<() => void>();
  readonly #soon: (() => void)[] = [];

  soon(act: () => void): void {
    this.#soon.push(act);
  }

  every(_ms: number, act: () => void): () => void {
    this.#acts.add(act);
    return () => void this.#acts.delete(act);
  }

  interval(): void {
    for (const act of this.#acts) act();
  }

  turn(): void {
    for (const act of this.#soon.splice(0)) act();
  }

  get timers(): number {
    return this.#acts.size;
  }
}

/** An exporter that keeps what it is given and answers what it is told to. */
export class FakeExporter implements Exporter {
  readonly sent: Telegram[] = [];
  answer: (telegram: Telegram, signal: AbortSignal) => Promise<Receipt> = () => Promise.resolve(ACCEPTED);

  send(telegram: Telegram, signal: AbortSignal): Promise<Receipt> {
    this.sent.push(telegram);
    return this.answer(telegram, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export const refuse = (telegram: Telegram): Promise<Receipt> =>
  Promise.resolve({ refused: telegram, dropped: 0, retryAfterMs: null, fault: 'http_503' });
