import { styleText } from 'node:util';
import { firstLine, lakeTree } from '../verdict/tree';
import { untilInterrupted } from '../platform/interrupt';
import { messagesOf } from '../platform/messages';
import { demoCommand, type DemoOptions } from './command';
import { KEPT_FOLDER } from './folder';
import { partitionTable, TABLES_NOTE, tablesTable, verdictLines } from './print';
import { Progress } from './progress';
import { reportOf } from './report';
import { runDemo } from './run';

/** `npm run demo`: the whole way from an event to the lake, on this machine, and the proof that nothing was lost on it. */
async function main(options: DemoOptions, interrupted: Promise<never>): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const progress = new Progress(out);
  const say = (text = ''): void => progress.line(text);
  say(
    styleText(
      'bold',
      `change-lake: ${options.changes.toLocaleString('en')} changes on their way from four databases into the lake`,
    ),
  );
  say();
  const result = await runDemo(options, progress, interrupted);
  const { verdict, sample } = result;
  const report = reportOf({ ...result, captured: result, troubles: options.chaos ? result.troubles : null });
  say();
  for (const line of lakeTree(verdict.listing)) say(`  ${line}`);
  if (sample !== null) {
    const line = firstLine(sample.bytes, Math.max(80, (out.isTTY ? out.columns : 160) * 3 - 4));
    say(`\n  The first line of ${sample.path}:\n  ${styleText('dim', line)}`);
  }
  say(`\n${partitionTable(verdict)}\n`);
  for (const line of TABLES_NOTE) say(line);
  say(`${tablesTable(result.tables)}\n`);
  for (const line of verdictLines(report)) say(line);
  if (options.keep) say(`\nThe lake is kept; to look at it: npm run local -- --folder ${KEPT_FOLDER}`);
  if (options.json) console.log(JSON.stringify(report));
  return report.ok ? 0 : 1;
}

const options = demoCommand.parse().opts<DemoOptions>();
const INTERRUPTED = 'Interrupted: what was started is ended.';
const interrupted = untilInterrupted().then(() => Promise.reject(new Error(INTERRUPTED)));
// Heeded once everything is open; until then it must not count as nobody's.
interrupted.catch(() => undefined);
// The SDK leaves a timer of 45 minutes behind with each link that was dropped: all is closed, so the end is said openly.
main(options, interrupted).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const told = messagesOf(error);
    console.error(told.join('\n'));
    process.exit(told.includes(INTERRUPTED) ? 130 : 1);
  },
);
