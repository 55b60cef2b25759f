import { isObject } from '../../decode/json';
import { type Session } from './connect';
import { formatLsn, parseLsn } from './lsn';

/**
 * The way of a server's log. A promotion begins another timeline: a branch that shares the log with its parent up to the switch point. The
 * same LSN on two branches is not the same change.
 */
export interface LogPath {
  readonly timeline: number;
  /** The timelines before, the oldest first, each with its switch point; null where the server does not have their history any more. */
  readonly ancestors: readonly Branch[] | null;
}

export interface Branch {
  readonly timeline: number;
  /** The log goes on from here in the next timeline. */
  readonly endsAt: bigint;
}

/** What the server of a replication session says of itself. */
export interface ServerIdentity extends LogPath {
  readonly systemId: string;
  /** Where its log ends now. */
  readonly endLsn: bigint;
}

interface IdentityRow {
  readonly systemid: string;
  /** An int4 up to PostgreSQL 15, which pg reads as a number; an int8 since, which it gives as text. */
  readonly timeline: number | string;
  readonly xlogpos: string;
}

const UNDEFINED_FILE = '58P01';

/** @param session for replication */
export async function identifyServer({ client }: Session): Promise<ServerIdentity> {
  const { rows } = await client.query<IdentityRow>('IDENTIFY_SYSTEM');
  const [row] = rows;
  const timeline = Number(row?.timeline ?? 0);
  const endLsn = parseLsn(row?.xlogpos ?? '') ?? 0n;
  return { systemId: row?.systemid ?? '', timeline, endLsn, ancestors: await ancestorsOf(client, timeline) };
}

async function ancestorsOf(client: Session['client'], timeline: number): Promise<readonly Branch[] | null> {
  // The first has no parent, and no history.
  if (timeline <= 1) return [];
  try {
    // The file's content is announced as bytea and sent as it is: pg must not decode it.
    const types = { getTypeParser: () => (value: string) => value };
    const { rows } = await client.query<{ content: string }>({ text: `TIMELINE_HISTORY ${timeline}`, types });
    return parseTimelineHistory(rows[0]?.content ?? '');
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_FILE) return null;
    throw error;
  }
}

/** Reads a timeline history file: a line for each ancestor, `1<tab>0/3000000<tab>no recovery target specified`. */
export function parseTimelineHistory(content: string): readonly Branch[] {
  return content.split('\n').flatMap((line) => {
    const [, timeline = '', at = ''] = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line) ?? [];
    const endsAt = parseLsn(at);
    return endsAt === null ? [] : [{ timeline: Number(timeline), endsAt }];
  });
}

/**
 * Up to where the server's log is the one that was read before: a position that was read and lies behind it is on a branch that the server
 * does not have. Null where that cannot be known.
 */
export function commonUntil(known: LogPath, server: LogPath & { readonly endLsn: bigint }): bigint | null {
  if (known.ancestors === null || server.ancestors === null) {
    return known.timeline === server.timeline ? server.endLsn : null;
  }
  const ours = [...known.ancestors, { timeline: known.timeline, endsAt: null }];
  const theirs = [...server.ancestors, { timeline: server.timeline, endsAt: server.endLsn }];
  let common = 0n;
  for (const [index, their] of theirs.entries()) {
    const our = ours[index];
    if (our?.timeline !== their.timeline) return common;
    if (our.endsAt === null || our.endsAt > their.endsAt) return their.endsAt;
    common = our.endsAt;
    if (our.endsAt < their.endsAt) return common;
  }
  return common;
}

export function logPathJson({ timeline, ancestors }: LogPath): Record<string, unknown> {
  const list = ancestors?.map((branch) => ({ ...branch, endsAt: formatLsn(branch.endsAt) })) ?? null;
  return { timeline, ancestors: list };
}

/** The inverse of {@link logPathJson}; null for anything else. */
export function parseLogPath({ timeline, ancestors }: Readonly<Record<string, unknown>>): LogPath | null {
  if (typeof timeline !== 'number') return null;
  if (ancestors === null) return { timeline, ancestors };
  if (!Array.isArray(ancestors)) return null;
  const branches = ancestors.map(branchOf);
  return branches.every((branch) => branch !== null) ? { timeline, ancestors: branches } : null;
}

function branchOf(value: unknown): Branch | null {
  if (!isObject(value) || typeof value.timeline !== 'number' || typeof value.endsAt !== 'string') return null;
  const endsAt = parseLsn(value.endsAt);
  return endsAt === null ? null : { timeline: value.timeline, endsAt };
}
