import { type CaptureNews } from '../lib/capture/run';

/** Prints what capture tells: a line for people, or fields for machines. */
export function tellNews(news: CaptureNews, json: boolean): void {
  const at = new Date().toISOString();
  if (json) console.log(JSON.stringify({ time: at, message: 'capture', ...news }));
  else console.error(`${at.slice(11, 19)} ${newsText(news)}`);
}

const number = (value: number): string => value.toLocaleString('en');

/** What happened, in a sentence. */
export function newsText(news: CaptureNews): string {
  switch (news.kind) {
    case 'captured': {
      const { name, events, batches, transactions, sourceDelayMs } = news.report;
      const delay = sourceDelayMs === null ? '' : `, ${number(sourceDelayMs)} ms behind the source`;
      return `${name}: ${number(events)} events in ${number(batches)} batches, ${number(transactions)} transactions${delay}`;
    }
    case 'busy':
      return `${news.name}: another process captures it; asking again`;
    case 'snapshot': {
      const { name, table, rows, estimatedRows, tablesDone, tables } = news;
      const of = estimatedRows === null ? '' : ` of about ${number(estimatedRows)}`;
      return `${name}: snapshot, ${tablesDone} of ${tables} tables done; ${table}: ${number(rows)}${of} rows`;
    }
    case 'snapshot_slow': {
      const { name, secondsNeeded, secondsLeft } = news;
      return (
        `${name}: the snapshot takes about ${number(secondsNeeded)} s more, and the oplog loses the changes behind it in about ` +
        `${number(secondsLeft)} s: enlarge the oplog (replSetResizeOplog, minRetentionHours)`
      );
    }
    case 'table_set_aside':
      return `${news.name}: ${news.table} is ${news.isRead ? 'not whole in the lake' : 'set aside'} since ${new Date(news.sinceMs).toISOString()}: ${news.error}`;
    case 'failed':
      return `${news.name}: ${news.error}`;
    default:
      return news satisfies never;
  }
}
