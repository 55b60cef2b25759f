/** A moment of a deployment's history: seconds since 1970, and a count of what happened within the second. */
export interface ClusterTime {
  readonly seconds: number;
  readonly increment: number;
}

/** `1764158400:3` */
export function formatClusterTime({ seconds, increment }: ClusterTime): string {
  return `${seconds}:${increment}`;
}

/** The inverse of {@link formatClusterTime}; null for anything else. */
export function parseClusterTime(text: string): ClusterTime | null {
  const match = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  if (match === null) return null;
  const time = { seconds: Number(match[1]), increment: Number(match[2]) };
  return time.seconds <= MAX_UINT32 && time.increment <= MAX_UINT32 ? time : null;
}

const MAX_UINT32 = 0xffff_ffff;

/** The moment behind `time`: nothing lies between the two. */
export function tickAfter({ seconds, increment }: ClusterTime): ClusterTime {
  return increment < MAX_UINT32 ? { seconds, increment: increment + 1 } : { seconds: seconds + 1, increment: 0 };
}

/** Negative where `one` lies before `other`, 0 where they are the same. */
export const compareClusterTimes = (one: ClusterTime, other: ClusterTime): number =>
  one.seconds - other.seconds || one.increment - other.increment;

/**
 * The moment of a resume token, which its text begins with (a KeyString of a timestamp); null where it is none.
 * https://github.com/mongodb/mongo/blob/master/src/mongo/db/pipeline/resume_token.cpp
 *
 * @param data the token's `_data`
 */
export function timeOfToken(data: string): ClusterTime | null {
  const match = /^82([0-9A-F]{8})([0-9A-F]{8})/i.exec(data);
  return match === null ? null : { seconds: parseInt(match[1] ?? '', 16), increment: parseInt(match[2] ?? '', 16) };
}
