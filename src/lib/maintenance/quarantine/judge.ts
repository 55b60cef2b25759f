import { readBody, type QuarantineReason } from '../../decode/body';
import { bodyOf, type QuarantinedEvent } from './event';
import { type ReplayState } from './record';

/** Why an event is not sent again. */
export type ReplayRefusal =
  /** It was, and `again` was not asked for. */
  | 'already_sent'
  /** A sending was not seen to its end: whether the hub has it is not known. */
  | 'perhaps_sent'
  | 'record_unreadable'
  /** The hub of the settings is not the one it came through. */
  | 'another_hub'
  /** The bytes would be quarantined again. */
  | 'still_unreadable'
  /** An empty body, which would land as a tombstone. */
  | 'empty'
  /** More than the hub takes. */
  | 'too_large';

export interface ReplayAsked {
  /** Other bytes than those in quarantine; null for those. */
  readonly corrected: Buffer | null;
  /** Though there is a record of its having been sent, or perhaps sent. */
  readonly again: boolean;
  /** Though the original bytes will be quarantined again. */
  readonly anyway: boolean;
}

/** The hub that events of the source are sent to. */
export interface TargetHub {
  readonly namespace: string;
  readonly hub: string;
}

export type ReplayVerdict =
  | { readonly kind: 'refused'; readonly why: ReplayRefusal; readonly reason: QuarantineReason | null }
  | { readonly kind: 'send'; readonly body: Buffer; readonly quarantinedAgain: QuarantineReason | null };

/** Decides whether an event is sent again, and with which bytes. */
export function judgeReplay(
  event: QuarantinedEvent,
  state: ReplayState,
  target: TargetHub,
  { corrected, again, anyway }: ReplayAsked,
): ReplayVerdict {
  const refused = (why: ReplayRefusal, reason: QuarantineReason | null = null): ReplayVerdict => {
    return { kind: 'refused', why, reason };
  };
  if (target.namespace !== event.id.namespace || target.hub !== event.id.hub) return refused('another_hub');
  if (!again && state !== 'none') return refused(REFUSAL_OF[state]);
  // What it says cannot be kept up, so nothing is put over it.
  if (state === 'unreadable') return refused('record_unreadable');
  const body = corrected ?? bodyOf(event);
  const read = readBody(body);
  if (read.kind === 'tombstone') return refused('empty');
  if (read.kind === 'json') return { kind: 'send', body, quarantinedAgain: null };
  // A newer version may read what an older one set aside; corrected bytes have no such excuse.
  const isHopeless = corrected !== null || (read.reason !== 'unreadable_json' && !anyway);
  return isHopeless ? refused('still_unreadable', read.reason) : { kind: 'send', body, quarantinedAgain: read.reason };
}

const REFUSAL_OF: Readonly<Record<Exclude<ReplayState, 'none'>, ReplayRefusal>> = {
  sent: 'already_sent',
  perhaps: 'perhaps_sent',
  unreadable: 'record_unreadable',
};
