import { Command } from 'commander';
import { wholeNumber } from '../platform/command';

/** What `npm run demo` is told. */
export interface DemoOptions {
  readonly changes: number;
  readonly seed: number;
  readonly instances: number;
  readonly partitions: number;
  readonly chaos: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

export const demoCommand = new Command('npm run demo --')
  .description(
    'Starts everything on this machine, changes rows and documents in four databases, captures that through Event Hubs, runs the ' +
      'functions, and proves that each event is in the lake once and that each table can be rebuilt from it.',
  )
  .option('--changes <n>', 'rows and documents to change', wholeNumber(1, 10_000_000), 5_000)
  .option(
    '--chaos',
    'meanwhile kill instances and capture, cut connections, lose answers, steal partitions, throttle the hub',
    false,
  )
  .option('--instances <n>', 'instances of the app, each a process', wholeNumber(1, 16), 2)
  .option('--partitions <n>', 'partitions of each hub', wholeNumber(1, 32), 4)
  .option('--seed <n>', 'which changes, and which trouble', wholeNumber(0, 2 ** 31), 1)
  .option('--keep', 'keep the lake in .demo, to be looked at', false)
  .option('--json', 'print one JSON object last; what people read goes to standard error', false)
  .allowExcessArguments(false)
  .addHelpText(
    'after',
    '\nExit status: 0 every promise held; 1 something is missing, doubled, altered or different, or the demo could not be run; 130 Ctrl-C.',
  );
