import { type RunName, runRecordPath } from '../ledger/names';
import { type Lake } from '../ledger/port';

/** `running` in a record whose run is over: its process died, and the next run goes on. */
export type RunOutcome = 'done' | 'out_of_time' | 'failed' | 'running';

/** What became of the last run of maintenance. */
export interface RunRecord {
  /** UTC ms */
  readonly startedAt: number;
  /** UTC ms; null while it runs. */
  readonly endedAt: number | null;
  readonly outcome: RunOutcome;
  /** What it did, in figures and words: for people and for the check of the lake's health. JSON. */
  readonly summary: Readonly<Record<string, unknown>>;
}

/** The version of the record's format that is written. */
const RECORD_FORMAT = 1;

/** Writes the record of a run, whatever there was of an earlier one. Only who holds the run's lock does so. */
export async function writeRun(lake: Lake, name: RunName, record: RunRecord): Promise<void> {
  const { startedAt, endedAt, outcome, summary } = record;
  const json = {
    format: RECORD_FORMAT,
    startedTime: new Date(startedAt).toISOString(),
    endedTime: endedAt === null ? null : new Date(endedAt).toISOString(),
    outcome,
    summary,
  };
  await lake.stage(runRecordPath(name), Buffer.from(`${JSON.stringify(json, null, 1)}\n`));
}

/** The record of the last run; null when there is none that this version can read: nothing depends on it. */
export async function readRun(lake: Lake, name: RunName): Promise<RunRecord | null> {
  const found = await lake.read(runRecordPath(name));
  if (found === null) return null;
  try {
    return parse(JSON.parse(found.bytes.toString('utf8')) as Readonly<Record<string, unknown>> | null);
  } catch {
    return null;
  }
}

function parse(json: Readonly<Record<string, unknown>> | null): RunRecord | null {
  if (json?.['format'] !== RECORD_FORMAT) return null;
  const { startedTime, endedTime, outcome, summary } = json;
  const startedAt = timeOf(startedTime);
  const endedAt = endedTime === null ? null : timeOf(endedTime);
  const isKnown = OUTCOMES.some((known) => known === outcome);
  if (Number.isNaN(startedAt) || Number.isNaN(endedAt ?? 0) || !isKnown) return null;
  if (typeof summary !== 'object' || summary === null || Array.isArray(summary)) return null;
  return { startedAt, endedAt, outcome: outcome as RunOutcome, summary: summary as RunRecord['summary'] };
}

const timeOf = (text: unknown): number => (typeof text === 'string' ? Date.parse(text) : NaN);

const OUTCOMES: readonly RunOutcome[] = ['done', 'out_of_time', 'failed', 'running'];
