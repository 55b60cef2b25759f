/** Numbers and times for people. */

export const count = (value: number): string => value.toLocaleString('en');

/** `840 ms`, `3.2 s`, `4 min`, `5 h`, `3 d` */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

/** `1.4 MB` */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `2026-11-22 14:03:05` */
export const moment = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

/** How long `iso` was before `at`. */
export function ago(iso: string, at: string): string {
  const ms = Date.parse(at) - Date.parse(iso);
  // Two clocks differ a little.
  return ms < 1_000 ? 'now' : `${duration(ms)} ago`;
}
