import { type ArchiveReport } from '../../lib/maintenance/archive/archive';
import { type CleanUp, total } from '../../lib/maintenance/checkpoints/result';
import { type Step, type WeeklyReport } from '../../lib/maintenance/weekly/report';
import { linesOf as optimizeLines } from './optimize-lines';
import { sweepLines } from './sweep';

const OUTCOMES = {
  done: 'all of it is done',
  out_of_time: 'the time is up, the next run goes on',
  failed: 'a step failed, the next run tries again',
} as const;

/** A weekly run for people: what each step looked at, did and left. */
export function weeklyLines(report: WeeklyReport): string[] {
  const { cleanCheckpoints, sweep, optimisePostgresql, optimiseMongodb, archive, dryRun } = report;
  const seconds = ((report.endedAt - report.startedAt) / 1000).toFixed(1);
  return [
    ...stepLines('checkpoints', cleanCheckpoints, (one) => [cleanLine(one, dryRun)]),
    ...stepLines('sweep', sweep, sweepLines),
    ...stepLines('optimize', optimisePostgresql, optimizeLines),
    ...stepLines('optimize', optimiseMongodb, optimizeLines),
    ...stepLines('archive', archive, (one) => archiveLines(one, dryRun)),
    `${dryRun ? 'A dry run, nothing was changed: ' : ''}${OUTCOMES[report.outcome]} (${seconds} s).`,
  ];
}

function stepLines<Report>(name: string, step: Step<Report>, linesOf: (report: Report) => string[]): string[] {
  switch (step.did) {
    case 'done': {
      const [first = '', ...more] = linesOf(step.report);
      return [`${name}: ${first}`, ...more];
    }
    case 'failed':
      return [`${name}: FAILED: ${step.error}`];
    case 'skipped':
      return [`${name}: not begun: ${step.why}`];
    default:
      return step satisfies never;
  }
}

function cleanLine({ lookedAt, removed, left, foreign }: CleanUp, dryRun: boolean): string {
  const reasons = [...Object.entries(left), ...Object.entries(foreign)].map(([why, records]) => `${records} ${why}`);
  const kept = reasons.length === 0 ? '' : `; left: ${reasons.join(', ')}`;
  return `${lookedAt} records looked at, ${total(removed)} ${dryRun ? 'to be removed' : 'removed'}${kept}.`;
}

function archiveLines({ archived, kept }: ArchiveReport, dryRun: boolean): string[] {
  return [
    `${archived.length} ledgers of hubs that are gone ${dryRun ? 'to be archived' : 'archived'}.`,
    ...kept.map((one) => `  left: ${one.path}: ${one.why}`),
  ];
}
