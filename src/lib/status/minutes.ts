import { type Source } from '../decode/event';
import { percentile } from './histogram';
import { type Minute } from './observed';
import { type MinuteStatus } from './status';

/** The last `count` minutes of a source, each there, whether anything was seen in it or not; the one under way last. */
export function minutesOf(observed: readonly Minute[], source: Source, now: number, count: number): MinuteStatus[] {
  const seen = new Map(observed.filter((one) => one.source === source).map((one) => [one.minute, one]));
  const last = Math.floor(now / 60_000);
  return Array.from({ length: count }, (_, i) => {
    const minute = last - count + 1 + i;
    const one = seen.get(minute);
    const failures = Object.values(one?.failures ?? {}).reduce((sum, times) => sum + times, 0);
    return {
      ...{ at: minute * 60, events: one?.written ?? 0, bytes: one?.bytes ?? 0, failures },
      ...{ delayP50: percentile(one?.delay ?? {}, 0.5), delayP95: percentile(one?.delay ?? {}, 0.95) },
      ...{ writeP50: percentile(one?.write ?? {}, 0.5), writeP95: percentile(one?.write ?? {}, 0.95) },
    };
  });
}
