import { BSON } from 'mongodb';
import { isObject } from '../../decode/json';
import { formatClusterTime, parseClusterTime, timeOfToken, type ClusterTime } from './cluster-time';

/** A place of the stream to go on behind. */
export interface ResumePoint {
  /**
   * The resume token in canonical Extended JSON. Besides its text it may hold the types of the numbers in it (`_typeBits`, a binary), and
   * the server refuses it without them.
   */
  readonly token: string;
  /** The cluster time of the event, or of the empty batch, that it stands behind; null where neither states it. */
  readonly time: ClusterTime | null;
  readonly kind: ResumeKind;
}

/**
 * What the token is of: an event; the last `fragment` of an event over 16 MB; an event that `invalidate`d the stream; an empty batch
 * (`idle`).
 */
export type ResumeKind = (typeof KINDS)[number];

const KINDS = ['event', 'fragment', 'invalidate', 'idle'] as const;

/** The point of an empty batch's token, as the driver has it. */
export function idlePoint(token: object): ResumePoint {
  const { _data } = token as { readonly _data?: unknown };
  return {
    token: BSON.EJSON.stringify(token, { relaxed: false }),
    time: typeof _data === 'string' ? timeOfToken(_data) : null,
    kind: 'idle',
  };
}

export function pointJson({ token, time, kind }: ResumePoint): Record<string, unknown> {
  return { token, time: time === null ? null : formatClusterTime(time), kind };
}

/** The inverse of {@link pointJson}; null for anything else. */
export function parsePoint(value: unknown): ResumePoint | null {
  if (!isObject(value)) return null;
  const { token } = value;
  const kind = KINDS.find((known) => known === value.kind);
  const time = typeof value.time === 'string' ? parseClusterTime(value.time) : null;
  if (typeof token !== 'string' || kind === undefined || (time === null && value.time !== null)) return null;
  return { token, time, kind };
}

/** Both as one text, by which positions are compared. */
export const pointText = (point: ResumePoint): string => JSON.stringify(pointJson(point));

export const pointOfText = (text: string): ResumePoint => parsePoint(JSON.parse(text)) as ResumePoint;
