/** How an attempt at sending to the ingestion endpoint ended. */
export type TrackAnswer =
  /** It never went out: there was no token. */
  | { readonly kind: 'unsent' }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly retryAfter: string | null }
  | { readonly kind: 'broken'; readonly code: string };

/** What is to be done with what was sent, told by the items' places in the request. */
export interface Verdict {
  /** All, or those at these places, were provably not taken in and may be later. */
  readonly refused: 'all' | readonly number[];
  /** All, or so many, are lost: refused for good, or nobody knows. */
  readonly dropped: 'all' | number;
  readonly retryAfterMs: number | null;
  readonly fault: string | null;
}

/** The connection was never made, so nothing was taken in. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/**
 * Answers by which the endpoint says that it took nothing in and may later: throttled, over the quota, failing, or the role that
 * lets this identity send is missing yet. A time-out on its side (408, 504) is not among them: what it says of the items is nothing.
 */
const LATER = new Set([401, 403, 429, 439, 500, 502, 503]);

const LONGEST_PATIENCE_MS = 600_000;

/**
 * Judges an answer of the track endpoint. Sent again is what provably was not taken in, and nothing else: a value too few is told in the
 * log, a value too many would be believed.
 */
export function judgeAnswer(answer: TrackAnswer, now: number): Verdict {
  switch (answer.kind) {
    case 'unsent':
      return verdict({ refused: 'all', fault: 'unsent' });
    case 'broken':
      return NOT_CONNECTED.has(answer.code)
        ? verdict({ refused: 'all', fault: answer.code })
        : verdict({ dropped: 'all', fault: answer.code });
    case 'answered': {
      const { status } = answer;
      if (status === 200) return verdict({});
      if (status === 206) return partial(answer.body);
      const fault = `http_${status}`;
      if (!LATER.has(status)) return verdict({ dropped: 'all', fault });
      return verdict({ refused: 'all', fault, retryAfterMs: patience(answer.retryAfter, now) });
    }
    default:
      return answer satisfies never;
  }
}

function verdict(parts: Partial<Verdict>): Verdict {
  return { refused: [], dropped: 0, retryAfterMs: null, fault: null, ...parts };
}

/** Some were taken in: the body lists the others, `{itemsReceived, itemsAccepted, errors: [{index, statusCode, message}]}`. */
function partial(body: string): Verdict {
  const errors = errorsOf(body);
  // Which were taken in cannot be told.
  if (errors === null) return verdict({ dropped: 'all', fault: 'http_206' });
  const refused = errors.filter(({ statusCode }) => LATER.has(statusCode)).map(({ index }) => index);
  return verdict({ refused, dropped: errors.length - refused.length, fault: 'http_206' });
}

function errorsOf(body: string): { readonly index: number; readonly statusCode: number }[] | null {
  try {
    const { errors } = JSON.parse(body) as { errors?: unknown };
    if (!Array.isArray(errors)) return null;
    return errors.map((error: { index?: unknown; statusCode?: unknown }) => ({
      index: Number(error.index),
      statusCode: Number(error.statusCode),
    }));
  } catch {
    return null;
  }
}

/** `Retry-After`: seconds, or a date. */
function patience(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null) return null;
  const ms = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return ms > 0 ? Math.min(ms, LONGEST_PATIENCE_MS) : null;
}
