import { Command, InvalidArgumentError } from 'commander';
import { benchEncode } from './encode';
import { benchIngest } from './ingest';
import { type Ratio } from './ratio';

/**
 * `npm run bench`: ours beside a baseline, taking turns in one run; ratios, because times on a shared machine mean little.
 * Goals are printed and not enforced: a benchmark that fails a build on a busy machine tells nothing.
 */

const BENCHES = { encode: benchEncode, ingest: benchIngest } as const;
type Name = keyof typeof BENCHES;

interface Options {
  readonly only: readonly Name[];
  readonly rounds?: number;
  readonly json: boolean;
}

const isName = (text: string): text is Name => Object.hasOwn(BENCHES, text);

function names(text: string): Name[] {
  return text.split(',').map((name) => {
    if (isName(name)) return name;
    throw new InvalidArgumentError(`There is ${Object.keys(BENCHES).join(' and ')}.`);
  });
}

function rounds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number above zero.');
  return value;
}

const command = new Command('npm run bench --')
  .description('Measures ours beside a baseline, interleaved in one run, and prints ratios of throughput.')
  .option('--only <names>', `what to run: ${Object.keys(BENCHES).join(',')}`, names, Object.keys(BENCHES) as Name[])
  .option('--rounds <n>', 'counted rounds of each', rounds)
  .option('--json', 'print one JSON object at the end and nothing else', false)
  .allowExcessArguments(false);

async function main(): Promise<void> {
  const options = command.parse().opts<Options>();
  const results: Record<string, unknown> = {};
  for (const name of options.only) {
    if (!options.json) process.stderr.write(`${name} …\n`);
    const result = await BENCHES[name](options.rounds === undefined ? {} : { rounds: options.rounds });
    results[name] = result;
    if (!options.json) console.log(`${name}: ${told(result.ratio)} of the baseline's throughput; goal ${result.goal}`);
    if (!options.json && 'remote' in result) {
      console.log(`  with ${result.remote.latencyMs} ms of latency to each request: ${told(result.remote.ratio)}`);
    }
    if (!options.json && 'ratioByKind' in result) {
      for (const [kind, ratio] of Object.entries(result.ratioByKind)) console.log(`  ${kind}: ${told(ratio)}`);
    }
  }
  if (options.json) console.log(JSON.stringify(results));
}

function told({ median, ci95, min, max }: Ratio): string {
  return `${median} (95 % ${ci95[0]}–${ci95[1]}, rounds ${min}–${max})`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
