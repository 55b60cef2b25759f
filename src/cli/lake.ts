import { Argument, Option, type Command } from 'commander';
import { main, newProgram, wholeNumber } from './exit';
import { clean } from './lake/clean';
import { complete } from './lake/complete';
import { doctor } from './lake/doctor';
import { optimize } from './lake/optimize';
import { addQuarantine } from './lake/quarantine-commands';
import { rebuild } from './lake/rebuild';
import { repair } from './lake/repair';
import { resetCheckpoint } from './lake/reset-checkpoint';
import { status } from './lake/status';
import { successor } from './lake/successor';
import { sweep } from './lake/sweep';
import { verify } from './lake/verify';
import { withScope } from './lake/verify-deep';
import { weekly } from './lake/weekly';

/** `npm run lake`: the operator's tool. */

export const program = newProgram(
  'npm run lake --',
  "Looks after the lake. The settings are the app's own, from the environment; docs/maintenance.md explains each command.",
);

/** More than any hub has. */
const partitionNumber = wholeNumber(0, 9_999);

const withJson = (command: Command): Command =>
  command.option('--json', 'one JSON object; 64-bit numbers are text', false);

/** How long a command may begin something new. */
const minutes = (rest?: string): Option =>
  new Option(
    '--minutes <n>',
    `nothing new is begun after so many minutes${rest === undefined ? '' : `; ${rest}`}`,
  ).argParser(wholeNumber(1, 10_080));

withJson(program.command('status'))
  .description('each partition: how far it is, and how far behind its hub')
  .option('--no-hub', 'do not ask Event Hubs')
  .action(status);

withScope(withJson(program.command('verify')))
  .description('prove from file names and ledgers which events are in the lake, and which are missing')
  .option('--deep', 'read every line, too: all of them, or those that --source, --day, --from and --to choose', false)
  .action(verify);

withJson(program.command('complete'))
  .description('what runs daily: fill gaps, prove each day, mark the days that are whole, tell up to when all is there')
  .option('--dry-run', 'prove and tell, and write nothing', false)
  .addOption(minutes().default('60', '60'))
  .action(complete);

withJson(program.command('repair'))
  .description('publish what is committed, read gaps again from the hub, close what it no longer has')
  .option('--dry-run', 'ask and read the hub, tell, and write nothing', false)
  .option('--reopen', 'read again, too, what the ledger covers and no file names: files that were taken away', false)
  .addOption(minutes().default('60', '60'))
  .action(repair);

withJson(program.command('weekly'))
  .description(
    'what runs weekly: clean checkpoints up, sweep, merge small files, archive ledgers of hubs that are gone',
  )
  .option('--dry-run', 'tell, and change nothing', false)
  .addOption(minutes('left out: what MAINTENANCE_RUN_SECONDS says'))
  .action(weekly);

withJson(program.command('clean-checkpoints'))
  .description("remove the host's records of hubs, groups and partitions that are proven gone")
  .option('--dry-run', 'tell, and remove nothing', false)
  .action(clean);

withJson(program.command('sweep'))
  .description('remove staged files that nobody will publish any more')
  .option('--dry-run', 'tell, and remove nothing', false)
  .action(sweep);

withJson(program.command('optimize'))
  .description('merge the small files of closed days into files near the target size')
  .option(
    '--target <MiB>',
    'no merged file becomes larger; left out: what LAKE_OPTIMIZE_TARGET_MIB says',
    wholeNumber(1, 4096),
  )
  .option(
    '--after <hours>',
    'a day is merged so long after its end; left out: what LAKE_OPTIMIZE_AFTER_HOURS says',
    wholeNumber(1, 8760),
  )
  .option('--dry-run', 'tell what would be merged, and write nothing', false)
  .addOption(minutes().default('60', '60'))
  .action(optimize);

addQuarantine(program);

withJson(program.command('doctor'))
  .description('try what the app will do, and tell what fails with the fix')
  .action(doctor);

withJson(program.command('reset-checkpoint'))
  .description(
    "delete the host's checkpoint, so that reading begins at the start of what the hub still holds; nothing doubles",
  )
  .addArgument(new Argument('<source>').choices(['postgresql', 'mongodb']))
  .argument('<partition>', "the hub's partition, or all", (text: string) =>
    text === 'all' ? text : partitionNumber(text),
  )
  .option('--dry-run', 'tell, and delete nothing', false)
  .option('--force', 'also while an app holds the partition: its next batch writes the checkpoint again', false)
  .action(resetCheckpoint);

withJson(program.command('successor'))
  .description('after a failover to a hub whose numbers begin anew: what comes from it is the next incarnation')
  .addArgument(new Argument('<source>').choices(['postgresql', 'mongodb']))
  .argument('<partition>', "the hub's partition", partitionNumber)
  .option('--dry-run', 'compare and tell, and change nothing', false)
  .action(successor);

program
  .command('rebuild-ledger')
  .description('make the ledger of a partition anew from the files that are there (docs/commit.md)')
  .addArgument(new Argument('<source>').choices(['postgresql', 'mongodb']))
  .argument('<partition>', "the hub's partition", partitionNumber)
  .addOption(
    new Option('--incarnation <n>', 'of the hub: one more each time it was deleted and made anew')
      .argParser(wholeNumber(1, 999_999))
      .default('1', '1'),
  )
  .action(rebuild);

if (require.main === module) void main(program);
