import { Option, type Command } from 'commander';
import { REASONS } from '../../lib/maintenance/quarantine/event';
import { quarantineList } from './quarantine';
import { quarantineReplay } from './quarantine-replay';
import { quarantineShow } from './quarantine-show';
import { withScope } from './verify-deep';

/** `npm run lake -- quarantine …` */
export function addQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('look at events that were set aside, and send them again');
  const reason = (): Option => new Option('--reason <reason>', 'only those set aside for it').choices(REASONS);

  withScope(quarantine.command('list'))
    .description('how many events there are, by source, day and reason')
    .addOption(reason())
    .option('--events', 'each event, a line each; with --json an object a line', false)
    .option('--json', 'one JSON object; 64-bit numbers are text', false)
    .action(quarantineList);

  quarantine
    .command('show')
    .description('one event: its facts, and its body as text, or as a dump where it is no text')
    .argument('<event>', 'source/hub/incarnation/partition/sequenceNumber, as `quarantine list --events` has it')
    .option('--raw', 'its bytes and nothing else', false)
    .option('--json', 'one JSON object; 64-bit numbers are text', false)
    .action(quarantineShow);

  withScope(quarantine.command('replay'))
    .description('send events to their hub again, as new events; what is in quarantine stays')
    .argument('[events...]', 'as `quarantine list --events` has them; or give --source and --day (or --from)')
    .addOption(reason())
    .option('--file <path>', 'the corrected bytes of the one event that is named')
    .option('--again', 'though it was sent again before, or perhaps was: it is there once more then', false)
    .option('--anyway', 'though the original bytes will be quarantined again', false)
    .option('--dry-run', 'tell, and send nothing', false)
    .option('--json', 'one JSON object; 64-bit numbers are text', false)
    .action(quarantineReplay);
}
