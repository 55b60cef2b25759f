import { type CaptureNews } from '../lib/capture/run';

/** Prints what capture tells: a line for people, or fields for machines. */
export function tellNews(news: CaptureNews, json: boolean): void {
  const at = new Date().toISOString();
  if (json) console.log(JSON.stringify({ time: at, message: 'capture', ...news }));
  else console.error(`${at.slice(11, 19)} ${newsText(news)}`);
}

const CHANGES = {
  joined: 'is captured from now on',
  left: 'is not published any more',
  changed: 'is published otherwise',
  renewed: 'was published otherwise for a time',
} as const;

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
    case 'publication_changed': {
      const changes = news.changes.map(({ change, table }) => `${table} ${CHANGES[change]}`);
      return `${news.name}: the publications were changed: ${changes.join('; ')}`;
    }
    case 'tables_without_updates': {
      const tables = news.tables.map(
        ({ table, statement, isRefused }) =>
          `${table} (${isRefused ? 'PostgreSQL refuses them in the application; ' : ''}${statement})`,
      );
      return tables.length === 0
        ? `${news.name}: updates and deletes of all published tables are captured`
        : `${news.name}: no updates and deletes are captured of ${tables.join(', ')}`;
    }
    case 'failed':
      return `${news.name}: ${news.error}`;
    default:
      return news satisfies never;
  }
}
