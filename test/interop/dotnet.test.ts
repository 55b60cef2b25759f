import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { partitionOfKey } from '../../local/event-hubs/partition-key';
import { hub, startHub } from '../local/event-hubs/support';

/** The Event Hubs stand-in as the .NET client finds it, which the Functions host uses: the project in `dotnet/` says what it found. */

const MINUTE_MS = 60_000;

/** Without build servers, which would outlive the test. */
const BUILD = ['-c', 'Release', '--nologo', '-v', 'q', '-nodeReuse:false', '-p:UseSharedCompilation=false'];
const run = promisify(execFile);
const env = { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' };

interface Finding {
  readonly check: string;
  readonly found?: unknown;
  readonly error?: string;
}

describe('the .NET client', () => {
  let findings: readonly Finding[];

  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'dotnet-client-'));
    try {
      const project = path.join(__dirname, 'dotnet');
      const intermediate = `-p:BaseIntermediateOutputPath=${path.join(folder, 'obj')}/`;
      await build(['build', project, '-o', path.join(folder, 'out'), intermediate, ...BUILD]);
      await using server = await startHub(hub('orders', 2));
      const program = path.join(folder, 'out', 'Interop.dll');
      const { stdout } = await run('dotnet', [program, server.hubs.connectionString, 'orders'], { env });
      findings = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 10 * MINUTE_MS);

  // Two events with this key are sent behind the three that name the partition.
  test('the key of the events lands where they are read', () => expect(partitionOfKey('customer-1', 2)).toBe(1));

  const read = (from: number) => {
    const bodies = ['a', 'b', 'c', 'k', 'k'];
    return { found: { Bodies: bodies.slice(from), Numbers: bodies.map((_, number) => number).slice(from) } };
  };

  const expected: readonly [string, object][] = [
    ['hub', { found: { Name: 'orders', PartitionIds: ['0', '1'] } }],
    ['empty partition', { found: true }],
    ["unknown partition's properties", { error: 'ResourceNotFound' }],
    ['send one', { found: 'sent' }],
    ['send a batch', { found: { Count: 2, MaximumSizeInBytes: 1_048_576 } }],
    ['send by key', { found: 'sent' }],
    ['an event that is too large', { error: 'MessageSizeExceeded' }],
    ['send to an unknown partition', { error: 'ArgumentOutOfRangeException' }],
    ['send to an unknown hub', { error: 'ResourceNotFound' }],
    ['receive from the start', read(0)],
    ['receive after an offset', read(2)],
    ['receive from an offset', read(1)],
    ['receive after a sequence number', read(2)],
    ['receive from a time', read(0)],
    ['receive from the end', { found: { Bodies: [], Numbers: [] } }],
    ['receive beyond the end', { error: 'ArgumentException' }],
    ['an unknown consumer group', { error: 'ResourceNotFound' }],
    ['an unknown partition', { error: 'ArgumentOutOfRangeException' }],
    [
      'owner levels',
      { found: { first: 1, stolen: 1, evicted: 'ConsumerDisconnected', refused: 'ConsumerDisconnected' } },
    ],
    ['an event processor', { found: { Count: 5, Errors: [] } }],
  ];

  test.each(expected)('%s', (check, outcome) => {
    expect(findings.find((finding) => finding.check === check)).toMatchObject(outcome);
  });

  test('nothing else was tried', () => {
    expect(findings.map(({ check }) => check)).toEqual(expected.map(([check]) => check));
  });
});

/** @throws Error with the compiler's words, which are on the standard output, or why there is no compiler */
async function build(args: readonly string[]): Promise<void> {
  await run('dotnet', [...args], { env }).catch((cause: unknown) => {
    const { stdout = '', message } = cause as Error & { stdout?: string };
    const needs = 'it needs the .NET SDK 10 or later, and packages from NuGet';
    throw new Error(`The .NET project cannot be built (${needs}):\n${stdout || message}`, { cause });
  });
}
