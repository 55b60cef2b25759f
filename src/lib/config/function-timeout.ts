/** host.json's `functionTimeout`, in seconds: a test holds the two together. */
export const FUNCTION_TIMEOUT_SECONDS = 600;

/** How a setting overrides host.json's `functionTimeout`. */
export const FUNCTION_TIMEOUT_OVERRIDE = 'AzureFunctionsJobHost__functionTimeout';

/** Seconds of a .NET time span, `[d.]hh:mm:ss`; Infinity for `-1`, which is no limit; null for anything else. */
export function timeSpanSeconds(text: string): number | null {
  if (text === '-1') return Infinity;
  const [, days, hours, minutes, seconds] = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text) ?? [];
  if (seconds === undefined) return null;
  return ((Number(days ?? 0) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}
