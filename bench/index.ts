import { Command, InvalidArgumentError } from 'commander';
import { benchCapture, type CaptureBench } from './capture';
import { benchEncode } from './encode';
import { benchFiles, type FilesBench } from './files';
import { benchIngest } from './ingest';
import { benchLake, type LakeBench } from './lake';
import { benchLatency, type LatencyBench } from './latency';
import { type Ratio } from './ratio';
import { benchTelemetry, type TelemetryBench } from './telemetry';

/**
 * `npm run bench`: ours beside a baseline, taking turns in one run; ratios, because times on a shared machine mean little.
 * Goals are printed and not enforced: a benchmark that fails a build on a busy machine tells nothing.
 */

const BENCHES = {
  encode: benchEncode,
  ingest: benchIngest,
  files: benchFiles,
  latency: benchLatency,
  capture: benchCapture,
  lake: benchLake,
  telemetry: benchTelemetry,
} as const;
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
    const bench: (options: { readonly rounds?: number }) => Promise<Result> = BENCHES[name];
    const result = await bench(options.rounds === undefined ? {} : { rounds: options.rounds });
    results[name] = result;
    if (!options.json) for (const line of linesOf(result)) console.log(line);
  }
  if (options.json) console.log(JSON.stringify(results));
}

type Result = Awaited<ReturnType<(typeof BENCHES)[Name]>>;

/** A result for people. */
function linesOf(result: Result): string[] {
  switch (result.name) {
    case 'files':
      return filesLines(result);
    case 'latency':
      return latencyLines(result);
    case 'capture':
      return captureLines(result);
    case 'lake':
      return lakeLines(result);
    case 'telemetry':
      return telemetryLines(result);
    default: {
      const more =
        'remote' in result ? { [`with ${result.remote.latencyMs} ms to each request`]: result.remote.ratio } : {};
      const parts = Object.entries('ratioByKind' in result ? result.ratioByKind : more);
      return [
        `${result.name}: ${told(result.ratio)} of the baseline's throughput; goal ${result.goal}`,
        ...parts.map(([part, ratio]) => `  ${part}: ${told(ratio)}`),
      ];
    }
  }
}

function filesLines({ rates, goal }: FilesBench): string[] {
  return [
    `files: goal ${goal}`,
    ...rates.map(
      (rate) =>
        `  ${rate.eventsPerSecond} events/s: ${rate.filesPerPartitionHour} files an hour and partition, ${rate.fullShare * 100} % full, ` +
        `p99 ${rate.p99DelaySeconds} s: ${rate.meetsGoal ? 'met' : 'missed'}`,
    ),
  ];
}

function latencyLines({ eventsPerSecond, p50DelayMs, p99DelayMs, files, goal }: LatencyBench): string[] {
  return [
    `latency: at ${eventsPerSecond} events/s p50 ${p50DelayMs} ms, p99 ${p99DelayMs} ms, ${files} files; goal ${goal}`,
  ];
}

function captureLines({ ratio, goal, rowsPerSecond, memory }: CaptureBench): string[] {
  const { capture, sendBatch, pgRecvlogical } = rowsPerSecond;
  const drained = pgRecvlogical === null ? '' : `; pg_recvlogical drains ${pgRecvlogical}`;
  return [
    `capture: ${told(ratio)} of sendBatch with the same events; goal ${goal}`,
    `  ${capture} rows/s, sendBatch ${sendBatch}${drained}`,
    ...Object.entries(memory).map(
      ([what, { rows, beforeMib, mostMib }]) =>
        `  ${what}, ${rows} rows: ${beforeMib} MiB before, ${mostMib} MiB at most`,
    ),
  ];
}

function lakeLines({ sizes, stored, goal, meetsGoal }: LakeBench): string[] {
  return [
    `lake: ${meetsGoal ? 'met' : 'missed'}; goal ${goal}`,
    ...sizes.map(
      ({ files, dryRun, verify: proof }) =>
        `  ${files} names: planned in ${dryRun.cpuMs} ms, ${dryRun.heapMib} MiB; proved in ${proof.cpuMs} ms, ${proof.heapMib} MiB`,
    ),
    ...stored.map(({ files, dryRunMs, verifyMs }) => `  ${files} stored: ${dryRunMs} ms and ${verifyMs} ms`),
  ];
}

function telemetryLines({ ratio, goal, tellMicroseconds, exportOf }: TelemetryBench): string[] {
  const { batches, milliseconds, shareOfMinute } = exportOf;
  return [
    `telemetry: ${told(ratio)} of the throughput without; goal ${goal}`,
    `  ${tellMicroseconds} µs to tell of a batch; ${milliseconds} ms a minute to send ${batches} batches' figures (${(shareOfMinute * 100).toFixed(2)} %)`,
  ];
}

function told({ median, ci95, min, max }: Ratio): string {
  return `${median} (95 % ${ci95[0]}–${ci95[1]}, rounds ${min}–${max})`;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
