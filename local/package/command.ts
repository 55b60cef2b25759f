import { Command } from 'commander';

/** What `npm run package` is told. */
export interface PackageOptions {
  readonly out: string;
  readonly maps: boolean;
  readonly json: boolean;
}

export const packageCommand = new Command('npm run package --')
  .description(
    'Stages what `func azure functionapp publish --no-build` sends, by the core tools’ own reading of .funcignore, and proves that it suffices: the ' +
      'functions register from a copy in an empty folder, nothing is in that should stay home, the size is within its budget.',
  )
  .option('--out <folder>', 'where it is staged; emptied before', '.package')
  .option('--maps', 'source maps may be in (add !dist/maps/functions.js.map to .funcignore)', false)
  .option('--json', 'print one JSON object', false)
  .allowExcessArguments(false)
  .addHelpText('after', '\nExit status: 0 fit to be published; 1 not, and why; 2 it could not be staged.');
