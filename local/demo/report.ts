import { type Verdict } from '../verdict/judge';
import { type ChaosCounts } from './chaos';
import { type DemoResult } from './run';
import { type Tally } from './tally';
import { type TroubleCounts } from './troubles';

/** What a run showed, as `--json` has it. Counts are events unless the name says otherwise. */
export interface DemoReport extends Partial<ChaosCounts> {
  readonly ok: boolean;
  /** Accepted by Event Hubs: an acknowledgement arrived. It is `landed` + `quarantined` + `missing`. */
  readonly sent: number;
  /** Of these, found in `bronze/`. */
  readonly landed: number;
  /** Of these, found in `quarantine/`. */
  readonly quarantined: number;
  /** Lines that say again what another line says. */
  readonly duplicates: number;
  readonly missing: number;
  readonly altered: number;
  /** Stored though the sender was never told; it sent each again as another event. */
  readonly unacknowledgedLanded: number;
  readonly files: number;
  readonly bytes: number;
  /** From the first event sent to the last one landed. */
  readonly seconds: number;
  readonly partitions: Verdict['partitions'];
  /** The first few of each kind. */
  readonly problems: Verdict['problems'];
}

/** What is reported of; `troubles` is null where none were made. */
export interface Reported extends Pick<DemoResult, 'verdict' | 'tally' | 'flowMs'> {
  readonly troubles: TroubleCounts | null;
}

export function reportOf({ verdict, tally, troubles, flowMs }: Reported): DemoReport {
  const { ok, sent, landed, quarantined, duplicates, missing, altered, unacknowledgedLanded } = verdict;
  const { files, bytes, partitions, problems } = verdict;
  const { redelivered, swapConflicts, steals } = tally;
  return {
    ...{ ok, sent, landed, quarantined, duplicates, missing, altered, unacknowledgedLanded, files, bytes },
    seconds: Math.round(flowMs / 100) / 10,
    ...(troubles === null ? {} : chaosCounts(troubles, { steals, redelivered, swapConflicts })),
    partitions,
    problems,
  };
}

function chaosCounts(
  { kills, lostAnswers }: TroubleCounts,
  counts: Pick<Tally, 'steals' | 'redelivered' | 'swapConflicts'>,
): ChaosCounts {
  return { kills, lostAnswers, ...counts };
}

/** The part of a report that chaos adds; null where there was none. */
export function chaosOf({ kills, lostAnswers, steals, redelivered, swapConflicts }: DemoReport): ChaosCounts | null {
  if (kills === undefined || lostAnswers === undefined || steals === undefined) return null;
  return { kills, lostAnswers, steals, redelivered: redelivered ?? 0, swapConflicts: swapConflicts ?? 0 };
}
