import { type HostEvent } from '../host/host';
import { type CaptureNews } from '../../src/lib/capture/run';
import { newsText } from '../../src/cli/capture-news';
import { readLine, readNews, type BatchLine } from './batch-line';

/** Whether what an instance prints outside of its functions is for people; metrics of the last minute are for machines. */
export const isForPeople = (line: string): boolean => !line.startsWith('{"message":"metrics"');

/** One line for people about what an instance did; null for what is of no interest to them. */
export function told(event: HostEvent, instance: number, now = new Date()): string | null {
  const text = textOf(event);
  return text === null ? null : `${now.toISOString().slice(11, 19)} [${instance}] ${text}`;
}

function textOf(event: HostEvent): string | null {
  switch (event.kind) {
    case 'log': {
      // As the host's default level has it.
      if (event.line.level === 'debug') return null;
      const news = readNews(event.line);
      if (news !== null) return newsOf(news);
      const line = readLine(event.line);
      if (line === null) return `${event.line.level}: ${event.line.message}`;
      return line.message === 'batch'
        ? batchText(line)
        : `${line.source}: a batch failed and comes again: ${line.error}`;
    }
    case 'owned':
      return `reads ${event.hub}/${event.partition}${event.stolenFrom === null ? '' : ', taken from another instance'}`;
    case 'lost':
      return `reads ${event.hub}/${event.partition} no longer: ${event.reason}`;
    default:
      return null;
  }
}

/** A run that had nothing to send is of no interest. */
function newsOf(news: CaptureNews & { readonly source: string }): string | null {
  if (news.kind === 'captured' && news.report.events === 0) return null;
  return `captured from ${news.source} ${newsText(news)}`;
}

function batchText(batch: BatchLine): string {
  const { source, partition, firstSequence, lastSequence, received, files, bytes, writeMs } = batch;
  const what = `${source} partition ${partition}: ${count(received, 'event')} (${firstSequence}-${lastSequence})`;
  const told = [
    files === 0 ? 'in the lake already' : `${count(files, 'file')}, ${kilobytes(bytes)}, ${writeMs} ms`,
    ...(batch.quarantined > 0 ? [`${batch.quarantined} quarantined`] : []),
    ...(batch.duplicates > 0 && files > 0 ? [`${batch.duplicates} were there`] : []),
    ...(batch.gap > 0 ? [`GAP of ${batch.gap}`] : []),
  ];
  return `${what} → ${told.join('; ')}`;
}

const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`;

const kilobytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1000)).toLocaleString('en')} kB`;
