import { systemClock } from '../../lib/clock';
import { repair as repairLake } from '../../lib/maintenance/repair/repair';
import { needsAttention, type PartitionRepair, type RepairReport } from '../../lib/maintenance/repair/report';
import { type RepairProgress } from '../../lib/maintenance/repair/room';
import { repairRoom, repairScope } from '../../lib/rooms';
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
  const { config, clients } = await openLake();
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
  if (json) console.log(JSON.stringify(repairJson(report)));
  else for (const line of linesOf(report)) console.log(line);
  tellOnce(failuresOf(report));
  conclude({ isMissing: needsAttention(report), isUndone: !failuresOf(report).every(isOfData) });
}

/** What could not be done, and why: partitions share their hub's trouble. */
const failuresOf = ({ partitions }: RepairReport): string[] =>
  partitions.flatMap(({ open, failure }) => [
    ...(failure === null ? [] : [failure]),
    ...open.flatMap(({ reason, detail }) => (reason === 'unknown' && detail !== null ? [detail] : [])),
  ]);

/** For machines: 64-bit numbers as text, stretches as `first-last`. */
function repairJson(report: RepairReport): Record<string, unknown> {
  const partitions = report.partitions.map(({ absent, expired, reopened, open, ...rest }) => ({
    ...rest,
    ...{ absent: absent.map(rangeText), expired: expired.map(rangeText), reopened: reopened.map(rangeText) },
    open: open.map(({ reason, detail, ...range }) => ({ range: rangeText(range), reason, detail })),
  }));
  return { ok: !needsAttention(report), ...report, partitions };
}

function linesOf({ isDryRun, isOutOfTime, partitions }: RepairReport): string[] {
  const lines = partitions.flatMap(partitionLines);
  const sum = (pick: (one: PartitionRepair) => number): string =>
    partitions.reduce((total, one) => total + pick(one), 0).toLocaleString('en');
  const counts = [
    `${sum(({ filled }) => filled)} events came back from the hub`,
    `${sum(({ absent }) => countOf(absent))} numbers have none`,
    `${sum(({ expired }) => countOf(expired))} events are lost`,
    `${sum(({ open }) => countOf(open))} are missing still`,
  ];
  if (isOutOfTime) lines.push('The time is up: the next run goes on.');
  lines.push(
    partitions.length === 0 ? 'Nothing is missing.' : `${isDryRun ? 'It would be: ' : ''}${counts.join(', ')}.`,
  );
  return lines;
}

function partitionLines(one: PartitionRepair): string[] {
  const where = `${one.hub}/${one.partition}${one.incarnation === 1 ? '' : `, incarnation ${one.incarnation}`}`;
  return [
    ...(one.settled > 0 ? [`${where}: ${one.settled} committed files are published`] : []),
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
