import { type Sample } from './aggregate';
import { NOTHING, type Receipt, type Telegram } from './exporter';
import { isMetricName, type Dimensions } from './metrics';
import { type Verdict } from './track-answer';

/**
 * What became of a telegram, by the verdict on the one request that it was.
 *
 * @param body what was sent: the package's envelopes
 */
export function receiptOf(step: Telegram, body: string, { refused, dropped, retryAfterMs, fault }: Verdict): Receipt {
  return {
    refused: refused === 'all' ? step : refused.length === 0 ? NOTHING : refusedAt(refused, step, body),
    dropped: dropped === 'all' ? sizeOf(step) : dropped,
    retryAfterMs,
    fault,
  };
}

/** The items at these places of what was sent. Metrics are in an order of the package's, so they are read from the wire's own form. */
function refusedAt(places: readonly number[], step: Telegram, body: string): Telegram {
  if (step.failures.length > 0) return { samples: [], failures: step.failures.filter((_, i) => places.includes(i)) };
  const envelopes = JSON.parse(body) as readonly MetricEnvelope[];
  return { samples: places.flatMap((place) => sampleOf(envelopes[place])), failures: [] };
}

interface MetricEnvelope {
  readonly data: {
    readonly baseData: {
      readonly metrics: readonly { name: string; value: number; count: number; min: number; max: number }[];
      readonly properties: Dimensions;
    };
  };
}

function sampleOf(envelope: MetricEnvelope | undefined): Sample[] {
  const { metrics = [], properties = {} } = envelope?.data.baseData ?? {};
  return metrics.flatMap(({ name, value, count, min, max }) =>
    isMetricName(name) ? [{ name, dimensions: properties, count, sum: value, min, max }] : [],
  );
}

/** Nothing was sent: all is for the next time. */
export function keptBack(step: Telegram): Receipt {
  return { refused: step, dropped: 0, retryAfterMs: null, fault: null };
}

/** Of two parts of one telegram. */
export function added(one: Receipt, other: Receipt): Receipt {
  return {
    refused: {
      samples: [...one.refused.samples, ...other.refused.samples],
      failures: [...one.refused.failures, ...other.refused.failures],
    },
    dropped: one.dropped + other.dropped,
    retryAfterMs: one.retryAfterMs ?? other.retryAfterMs,
    fault: one.fault ?? other.fault,
  };
}

/** Values and failures. */
export function sizeOf({ samples, failures }: Telegram): number {
  return samples.reduce((total, { count }) => total + count, failures.length);
}
