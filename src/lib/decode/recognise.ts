import { type Change } from './change';
import { recogniseChangeStream } from './change-stream';
import { recogniseCloudEvent } from './cloud-events';
import { recogniseDebezium } from './debezium';
import { INEXACT, parseExactly } from './integers';
import { isObject } from './json';
import { recogniseWal2json } from './wal2json';

/**
 * What the event says happened, where its format is one of those in docs/lake-format.md; null otherwise.
 * @param value the parsed body
 * @param text the body's text, parsed again only where a number that matters was rounded
 */
export function recognise(value: unknown, text: string): Change | null {
  try {
    return find(value);
  } catch (error) {
    return error === INEXACT ? recogniseExactly(text) : null;
  }
}

/** An event that cannot be recognised is still an event: nothing here may stop its way into the lake. */
function recogniseExactly(text: string): Change | null {
  try {
    return find(parseExactly(text));
  } catch {
    return null;
  }
}

/** Debezium's marks are the most specific, wal2json's the least; a row's columns may have any name. */
function find(value: unknown): Change | null {
  if (!isObject(value)) return null;
  return (
    recogniseDebezium(value) ?? recogniseCloudEvent(value) ?? recogniseChangeStream(value) ?? recogniseWal2json(value)
  );
}
