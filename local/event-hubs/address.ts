/** What a link's address names. */
export type Address =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management' }
  | { readonly kind: 'hub'; readonly hub: string }
  | { readonly kind: 'partition'; readonly hub: string; readonly partition: string }
  | { readonly kind: 'reader'; readonly hub: string; readonly group: string; readonly partition: string };

/**
 * Reads a link's address: `$cbs`, `$management`, `<hub>`, `<hub>/Partitions/<n>` or
 * `<hub>/ConsumerGroups/<group>/Partitions/<n>`, whatever its case, with or without a leading slash, percent-encoded or not.
 *
 * @returns null where it is none of them
 */
export function parseAddress(text: string): Address | null {
  const parts = text.replace(/^\//, '').split('/').map(decoded);
  if (parts.includes('')) return null;
  const [hub = '', second, third = '', fourth, fifth = ''] = parts;
  switch (parts.length) {
    case 1:
      if (same(hub, '$cbs')) return { kind: 'cbs' };
      return same(hub, '$management') ? { kind: 'management' } : { kind: 'hub', hub };
    case 3:
      return same(second, 'Partitions') ? { kind: 'partition', hub, partition: third } : null;
    case 5:
      if (!same(second, 'ConsumerGroups') || !same(fourth, 'Partitions')) return null;
      return { kind: 'reader', hub, group: third, partition: fifth };
    default:
      return null;
  }
}

const same = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

/** What is not percent-encoding stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
