/** A log sequence number as PostgreSQL writes it: `16/B374D848`. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

/** The inverse of {@link formatLsn}; null for anything else. */
export function parseLsn(text: string): bigint | null {
  const halves = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  return halves === null ? null : (BigInt(`0x${halves[1] ?? ''}`) << 32n) | BigInt(`0x${halves[2] ?? ''}`);
}
