import { type Left, type LeftReason, type OptimiseReport, type Planned } from '../../lib/maintenance/optimise/report';
import { EXIT_FAILED, EXIT_MISSING } from '../exit';

/** Of each reason: in words, and what the command's exit status says of it. */
const REASONS: Readonly<Record<LeftReason, { readonly why: string; readonly exit: number }>> = {
  good: { why: 'good as they are', exit: 0 },
  run_incomplete: { why: "their run's other file is missing: see verify", exit: EXIT_MISSING },
  runs_overlap: { why: 'they share sequence numbers with others: see verify', exit: EXIT_MISSING },
  not_covered: { why: 'their ledger does not cover them: see verify', exit: EXIT_MISSING },
  stranger: { why: "somebody else's", exit: 0 },
  ledger_missing: { why: 'they have no ledger: see rebuild-ledger', exit: EXIT_MISSING },
  ledger_busy: { why: 'writers kept replacing the ledger: the next run goes on', exit: 0 },
  another_hub: { why: "between another hub's", exit: 0 },
  newer_format: { why: 'their lines are of a newer format: the newer version that wrote them merges them', exit: 0 },
  file_damaged: { why: 'damaged', exit: EXIT_MISSING },
  changed_meanwhile: { why: 'changed meanwhile: the next run goes on', exit: 0 },
  plan_unreadable: { why: 'held up by a plan that cannot be read', exit: EXIT_MISSING },
  plan_broken: { why: 'held up by a plan that contradicts the lake', exit: EXIT_MISSING },
  plan_unfinished: { why: 'of a plan that a run finishes first', exit: 0 },
  out_of_time: { why: 'no time: the next run goes on', exit: 0 },
  failed: { why: 'a request failed', exit: EXIT_FAILED },
};

/** Left without harm, and too many to be told one by one. */
const COUNTED: readonly LeftReason[] = ['good', 'stranger'];

/** Mergings that a dry run tells one by one. */
const PLANS_TOLD = 20;

/** The gravest of what was left. */
export function exitCodeOf(reports: readonly OptimiseReport[]): number {
  const codes = reports.flatMap(({ left }) => left.map(({ reason }) => REASONS[reason].exit));
  return Math.max(0, ...new Set(codes));
}

/** A report for people. */
export function linesOf(report: OptimiseReport): string[] {
  const { source, days, files, left, planned, unfinished, totals, dryRun } = report;
  const { longestDoubledMs, finishedForOthers, isOutOfTime } = report;
  const what = `${count(totals.inputs)} files ${dryRun ? 'would become' : 'became'} ${count(totals.outputs)}`;
  return [
    `${source}: ${days} closed days, ${count(files)} files; ${what}` +
      (totals.plans === 0 ? '' : ` (${count(Math.ceil(totals.bytes / 1024 / 1024))} MiB)`) +
      (dryRun || totals.plans === 0 ? '' : `, visible twice for ${count(longestDoubledMs)} ms at most`) +
      (isOutOfTime ? '; the time is up, the next run goes on' : ''),
    ...(finishedForOthers === 0 ? [] : [`  finished: ${finishedForOthers} plans of runs that were cut off`]),
    ...unfinished.map((one) => `  would finish: ${mergingText(one)}`),
    ...planned.slice(0, PLANS_TOLD).map((one) => `  would merge: ${mergingText(one)}`),
    ...(dryRun && totals.plans > PLANS_TOLD ? [`  and ${count(totals.plans - PLANS_TOLD)} more`] : []),
    ...COUNTED.flatMap((reason) => countedLine(left, reason)),
    ...left.filter(({ reason }) => !COUNTED.includes(reason)).map(leftLine),
  ];
}

function mergingText({ day, partition, first, last, inputs, outputs, bytes }: Planned): string {
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  return `${day}, partition ${partition}: ${first}-${last}, ${count(inputs)} files into ${outputs.length}, ${size}`;
}

function countedLine(left: readonly Left[], reason: LeftReason): string[] {
  const files = left.filter((one) => one.reason === reason).reduce((total, one) => total + one.files, 0);
  return files === 0 ? [] : [`  left: ${count(files)} files, ${REASONS[reason].why}`];
}

function leftLine({ day, partition, reason, files, detail }: Left): string {
  const where = partition === null ? day : `${day}, partition ${partition}`;
  return `  left: ${where}: ${count(files)} files, ${REASONS[reason].why}${detail === null ? '' : ` (${detail})`}`;
}

const count = (value: number): string => value.toLocaleString('en');
