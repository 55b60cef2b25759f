import { createHmac } from 'node:crypto';
import { badRequest, type Reply, type Request } from './reply';

/** Who is let in. */
export interface Door {
  /** The key that tokens must be signed with; null: any token is taken, since the stand-in listens on this machine alone. */
  key: string | null;
  /** UTC, milliseconds since 1970. */
  readonly now: () => number;
}

/** Answers `put-token`. */
export function answerCbs({ properties, body }: Request, door: Door): Reply {
  if (properties['operation'] !== 'put-token') return badRequest('The operation must be put-token.');
  if (typeof properties['name'] !== 'string') return badRequest('The audience is missing: application property name.');
  if (typeof body !== 'string') return badRequest('The token must be an AMQP string value.');
  const refusal = door.key === null ? null : refusalOf(body, door.key, door.now());
  return refusal === null ? { status: 202, description: 'Accepted' } : { status: 401, description: refusal };
}

/** The service's own words for a shared access signature that it does not take: `sr`, `se` (seconds) and the key sign it. */
function refusalOf(token: string, key: string, nowMs: number): string | null {
  const part = (name: string): string => new RegExp(`[ &]${name}=([^&]*)`).exec(token)?.[1] ?? '';
  const signature = createHmac('sha256', key)
    .update(`${part('sr')}\n${part('se')}`)
    .digest('base64');
  if (decodeURIComponent(part('sig')) !== signature) return 'InvalidSignature: The token has an invalid signature.';
  return Number(part('se')) * 1000 > nowMs ? null : 'ExpiredToken: The token is expired.';
}
