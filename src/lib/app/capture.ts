import { captureAll, RunningCapture } from '../capture/all';
import { type CaptureNews } from '../capture/run';
import { systemClock } from '../clock';
import { type Source } from '../decode/event';
import { azureLake } from '../lake/azure-lake';
import { type Lake } from '../ledger/port';
import { line, shared, whenEnding, type InvocationLike } from './process';

/** Of the five seconds that a worker has at its end, capture takes no more to send and to keep what it has read. */
const CAPTURE_GRACE_MS = 3_000;

/** The handler of a source's capture timer: captures until the next run is due. It throws when a database needs somebody's help. */
export function captureHandlerFor(source: Source): (timer: unknown, context: InvocationLike) => Promise<void> {
  return async (_timer, context) => {
    const { config, clients, telemetry } = await shared();
    const { runMs, abortMs } = config.capture;
    const running = new RunningCapture(runMs, abortMs);
    const forget = whenEnding(() => running.stopSoon(CAPTURE_GRACE_MS));
    const measure = telemetry.capture(source);
    try {
      const tell = (news: CaptureNews): void => {
        logNews(source, news, context);
        measure(news);
      };
      const lakeWithin = (signal: AbortSignal): Lake => azureLake(clients, config.requestMs, signal);
      await captureAll(source, { config, lakeWithin, now: () => systemClock.now(), tell }, running.until);
    } finally {
      forget();
      running.end();
    }
  };
}

/** News must not bring these two: queries and alerts find the line by them. */
type Loggable = CaptureNews & { readonly message?: never; readonly source?: never };

export function logNews(source: Source, news: Loggable, context: Pick<InvocationLike, 'log' | 'error'>): void {
  const fields = line({ message: 'capture', source, ...news });
  if (news.kind === 'failed' || news.kind === 'table_set_aside') context.error(fields);
  else context.log(fields);
}
