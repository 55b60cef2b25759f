const DAY_SECONDS = 86_400;

/**
 * Milliseconds of a .NET time span as host.json has it: `[d.]hh:mm:ss[.fff]`; null for anything else.
 */
export function timeSpanMs(text: string): number | null {
  const [, days, hours, minutes, seconds] = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,7})?)$/.exec(text) ?? [];
  if (seconds === undefined) return null;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) >= 60) return null;
  return (Number(days ?? 0) * DAY_SECONDS + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}
