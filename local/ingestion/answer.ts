import { type IngestionFault } from './faults';
import { faultOf, type Envelope } from './items';

/** What is answered, and what is taken in. */
export interface TrackReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: TrackBody;
  readonly accepted: readonly Envelope[];
}

export interface TrackBody {
  readonly itemsReceived: number;
  readonly itemsAccepted: number;
  readonly errors: readonly { readonly index: number; readonly statusCode: number; readonly message: string }[];
}

/** As the service answers: 200 when it took all in, 206 when some, 400 when none was fit to be. */
export function replyTo(items: readonly Envelope[], fault: IngestionFault | null): TrackReply {
  if (fault?.kind === 'refuse') return refusal(items, fault.status, fault.retryAfterSeconds);
  const errors = items.flatMap((item, index) => {
    const message = faultOf(item);
    if (message !== null) return [{ index, statusCode: 400, message }];
    if (fault?.kind !== 'partial' || !fault.places.includes(index)) return [];
    return [{ index, statusCode: fault.status, message: 'not now' }];
  });
  const isOut = new Set(errors.map(({ index }) => index));
  const accepted = items.filter((_, index) => !isOut.has(index));
  const status = errors.length === 0 ? 200 : accepted.length === 0 && fault === null ? 400 : 206;
  const body = { itemsReceived: items.length, itemsAccepted: accepted.length, errors };
  return { status, headers: {}, body, accepted };
}

function refusal(items: readonly Envelope[], status: number, retryAfterSeconds: number | undefined): TrackReply {
  return {
    status,
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
    body: {
      itemsReceived: items.length,
      itemsAccepted: 0,
      errors: items.map((_, index) => ({ index, statusCode: status, message: 'not now' })),
    },
    accepted: [],
  };
}
