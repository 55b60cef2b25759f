/** A log sequence number as PostgreSQL writes it: `16/B374D848`. */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

/** As `change.position` has it: `00000016/B374D848`. */
export const paddedLsn = (lsn: bigint): string =>
  formatLsn(lsn)
    .split('/')
    .map((half) => half.padStart(8, '0'))
    .join('/');

/** The inverse of {@link formatLsn}; null for anything else. */
export function parseLsn(text: string): bigint | null {
  const halves = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  return halves === null ? null : (BigInt(`0x${halves[1] ?? ''}`) << 32n) | BigInt(`0x${halves[2] ?? ''}`);
}
