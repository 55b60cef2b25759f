import path from 'node:path';
import { styleText } from 'node:util';
import { readConfig } from '../../src/lib/config/read';
import { partitionTable, verdictLines } from '../demo/print';
import { Progress } from '../demo/progress';
import { reportOf } from '../demo/report';
import { localSettings } from '../host/local-settings';
import { untilInterrupted } from '../platform/interrupt';
import { messagesOf } from '../platform/messages';
import { lakeTree } from '../verdict/tree';
import { smokeCommand, type SmokeOptions } from './command';
import { runSmoke } from './run';

/** `npm run smoke`: the promises, checked against a real namespace and a real account. */
async function main(options: SmokeOptions, interrupted: Promise<never>): Promise<number> {
  const out = options.json ? process.stderr : process.stdout;
  const progress = new Progress(out);
  const say = (text = ''): void => progress.line(text);
  const env = { ...localSettings(path.resolve(__dirname, '..')), ...process.env };
  const config = readConfig(env);
  say(
    styleText(
      'bold',
      `change-lake: ${options.changes.toLocaleString('en')} changes through your namespace and account`,
    ),
  );
  say();
  const result = await runSmoke({ options, env, config, progress, interrupted });
  const { verdict, tally, flowMs, namespace, account, fileSystem } = result;
  const report = {
    namespace,
    account,
    fileSystem,
    ...reportOf({ verdict, tally, flowMs, troubles: null, captured: null }),
  };
  say();
  for (const line of lakeTree(verdict.listing)) say(`  ${line}`);
  say(`\n${partitionTable(verdict)}\n`);
  for (const line of verdictLines(report)) say(line);
  say(
    options.keep
      ? `\nThe file system ${fileSystem} of ${account} is kept.`
      : `\nNothing is left in ${account}; the hubs forget the events by themselves.`,
  );
  if (options.json) console.log(JSON.stringify(report));
  return report.ok ? 0 : 1;
}

const options = smokeCommand.parse().opts<SmokeOptions>();
const INTERRUPTED = 'Interrupted: what was started is ended, and what was made is deleted.';
const interrupted = untilInterrupted().then(() => Promise.reject(new Error(INTERRUPTED)));
// Heeded once events flow; until then it must not count as nobody's.
interrupted.catch(() => undefined);
// The SDK leaves a timer of 45 minutes behind with each link that was dropped: all is closed, so the end is said openly.
main(options, interrupted).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const told = messagesOf(error);
    console.error(told.join('\n'));
    process.exit(told.includes(INTERRUPTED) ? 130 : 2);
  },
);
