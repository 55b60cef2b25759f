import { type Ownership } from './partition-store';

/** What an instance knows when it looks whether to take another partition. */
export interface View {
  readonly me: string;
  readonly partitions: readonly string[];
  readonly ownership: readonly Ownership[];
  /** UTC, milliseconds since 1970. */
  readonly now: number;
  /** An owner that has not renewed its claim for so long is gone. */
  readonly expirationMs: number;
}

/** A partition to claim; `from` is the live owner that it is taken from. */
export interface Claim {
  readonly partition: string;
  readonly before: Ownership | null;
  readonly from: string | null;
}

/**
 * Which partition to claim next, if any, as .NET's event processor decides (PartitionLoadBalancer): what nobody has first; else one
 * of an owner that has too many; else, only for who has less than a fair share, one of an owner that has one more than that. One at a
 * time; who is greedy looks again at once.
 *
 * @param random from 0 up to 1: which of several
 */
export function nextClaim({ me, partitions, ownership, now, expirationMs }: View, random: number): Claim | null {
  const alive = ownership.filter(
    ({ ownerId, renewedAt, partition }) =>
      ownerId !== '' && now - renewedAt < expirationMs && partitions.includes(partition),
  );
  const holdings = new Map<string, Ownership[]>([[me, []]]);
  for (const claim of alive) holdings.set(claim.ownerId, [...(holdings.get(claim.ownerId) ?? []), claim]);
  const share = Math.floor(partitions.length / holdings.size);
  const mine = holdings.get(me)?.length ?? 0;
  const others = [...holdings].filter(([owner]) => owner !== me).map(([, claims]) => claims);
  // With the share reached, one more only where nobody else is a better candidate for it.
  if (mine > share || (mine === share && others.some((claims) => claims.length < share))) return null;

  const taken = new Set(alive.map(({ partition }) => partition));
  const free = pick(
    partitions.filter((partition) => !taken.has(partition)),
    random,
  );
  if (free !== undefined) {
    return { partition: free, before: ownership.find(({ partition }) => partition === free) ?? null, from: null };
  }
  const tooMany = others.filter((claims) => claims.length > share + 1).flat();
  const oneMore = mine < share ? others.filter((claims) => claims.length === share + 1).flat() : [];
  const victim = pick(tooMany.length > 0 ? tooMany : oneMore, random);
  return victim === undefined ? null : { partition: victim.partition, before: victim, from: victim.ownerId };
}

function pick<T>(items: readonly T[], random: number): T | undefined {
  return items[Math.min(items.length - 1, Math.floor(random * items.length))];
}
