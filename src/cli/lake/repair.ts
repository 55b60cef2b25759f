import { systemClock } from '../../lib/clock';
import { repair as repairLake } from '../../lib/maintenance/repair/repair';
import { needsAttention, type PartitionRepair, type RepairReport } from '../../lib/maintenance/repair/report';
import { type RepairProgress } from '../../lib/maintenance/repair/room';
import { type Lake } from '../../lib/ledger/port';
import { faultsOf, namingOf, strangerText } from '../../lib/maintenance/completeness/faults';
import { proveLake } from '../../lib/maintenance/completeness/prove';
import { repairRoom, repairScope, sleep } from '../../lib/rooms';
import { rangeText } from './print';
import { conclude, isOfData, tellOnce } from '../exit';
import { openLake, type Common } from './room';
import { countOf } from '../../lib/ranges';

export interface RepairCommand extends Common {
  readonly dryRun: boolean;
  readonly reopen: boolean;
  readonly minutes: string;
}

export async function repair({ json, dryRun, reopen, minutes }: RepairCommand): Promise<void> {
  const { config, clients, lake } = await openLake();
  const signal = new AbortController().signal;
  const endsAt = systemClock.now() + Number(minutes) * 60_000;
  const isShown = !json && process.stderr.isTTY;
  const onProgress = ({ hub, partition, read, found }: RepairProgress): void => {
    const counts = `${read.toLocaleString('en')} events read, ${found.toLocaleString('en')} were missing`;
    if (isShown) process.stderr.write(`\r${hub}/${partition}: ${counts} …`);
  };
  const isTimeUp = (): boolean => systemClock.now() >= endsAt;
  const options = { dryRun, reopen, isTimeUp, signal, onProgress };
  const report = await repairLake(repairRoom(config, clients, signal), repairScope(config), options);
  if (isShown) process.stderr.write('\r\u001b[K');
  // Gaps are what a ledger knows of. Files that were taken away, doubled or have lost their ledger only the names tell.
  const damage = await damageOf(lake);
  if (json) console.log(JSON.stringify(repairJson(report, damage)));
  else for (const line of linesOf(report, damage)) console.log(line);
  tellOnce(failuresOf(report));
  conclude({ isMissing: needsAttention(report) || damage.length > 0, isUndone: !failuresOf(report).every(isOfData) });
}

/** What could not be done, and why: partitions share their hub's trouble. */
const failuresOf = ({ partitions }: RepairReport): string[] =>
  partitions.flatMap(({ open, failure }) => [
    ...(failure === null ? [] : [failure]),
    ...open.flatMap(({ reason, detail }) => (reason === 'unknown' && detail !== null ? [detail] : [])),
  ]);

/** For machines: 64-bit numbers as text, stretches as `first-last`. */
function repairJson(report: RepairReport, damage: readonly string[]): Record<string, unknown> {
  const partitions = report.partitions.map(({ absent, expired, reopened, open, ...rest }) => ({
    ...rest,
    ...{ absent: absent.map(rangeText), expired: expired.map(rangeText), reopened: reopened.map(rangeText) },
    open: open.map(({ reason, detail, ...range }) => ({ range: rangeText(range), reason, detail })),
  }));
  return { ok: !needsAttention(report) && damage.length === 0, ...report, partitions, damage };
}

/** What the names of all files say beside the ledgers, gaps apart, a line each with the next command. */
async function damageOf(lake: Lake): Promise<string[]> {
  const { partitions, strangers } = await proveLake(lake, { sleep });
  const naming = await namingOf(lake, partitions);
  return [
    ...partitions.flatMap((one) => faultsOf({ ...one, gaps: [] }, naming(one))),
    ...strangers.paths.map(strangerText),
  ];
}

function linesOf({ isDryRun, isOutOfTime, partitions }: RepairReport, damage: readonly string[]): string[] {
  const lines = [...partitions.flatMap((one) => partitionLines(one, isDryRun)), ...damage];
  const sum = (pick: (one: PartitionRepair) => number): string =>
    partitions.reduce((total, one) => total + pick(one), 0).toLocaleString('en');
  const counts = [
    `${sum(({ filled }) => filled)} events came back from the hub`,
    `${sum(({ absent }) => countOf(absent))} numbers have none`,
    `${sum(({ expired }) => countOf(expired))} events are lost`,
    `${sum(({ open }) => countOf(open))} are missing still`,
  ];
  if (isOutOfTime) lines.push('The time is up: the next run goes on.');
  if (partitions.length === 0 && damage.length > 0) return [...lines, 'No gap is open, but the lake is not whole.'];
  lines.push(
    partitions.length === 0 ? 'Nothing is missing.' : `${isDryRun ? 'It would be: ' : ''}${counts.join(', ')}.`,
  );
  return lines;
}

function partitionLines(one: PartitionRepair, isDryRun: boolean): string[] {
  const where = `${one.hub}/${one.partition}${one.incarnation === 1 ? '' : `, incarnation ${one.incarnation}`}`;
  return [
    ...(one.settled > 0 ? [`${where}: ${one.settled} committed files ${isDryRun ? 'would be' : 'are'} published`] : []),
    ...one.reopened.map((range) => `${where}: ${rangeText(range)} no file named: read again`),
    ...(one.filled > 0 ? [`${where}: ${one.filled} events came back from the hub`] : []),
    ...one.absent.map((range) => `${where}: ${rangeText(range)} the hub has no such numbers`),
    ...one.expired.map((range) => `${where}: ${rangeText(range)} LOST: the hub no longer has them`),
    ...one.open.map(
      ({ reason, detail, ...range }) =>
        `${where}: ${rangeText(range)} missing still: ${reason}${detail === null || reason === 'unknown' ? '' : ` (${detail})`}`,
    ),
    ...(one.failure === null ? [] : [`${where}: failed`]),
  ];
}
