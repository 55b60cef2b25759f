import { type CapturedEvent } from '../port';
import { type StreamPosition, type TableDefinition } from './definition';
import { messageBody, rowBody, type EventContext, type RowChange } from './envelope-event';
import { isWhole, keyChanged, keyText } from './envelope-row';
import { eventIdPrefix, lsnHex, sourceParts, type CaptureSource, type SourceParts } from './envelope-source';
import { type CaptureStep, type EventsStep } from './envelope-steps';
import { planDefinition, type TablePlan } from './envelope-table';
import { parseMessage } from './pgoutput';
import { PgoutputError } from './pgoutput-error';
import {
  type BeginMessage,
  type DeleteMessage,
  type InsertMessage,
  type LogicalMessage,
  type TruncateMessage,
  type UpdateMessage,
} from './pgoutput-messages';
import { ByteWriter } from './values-writer';

interface Transaction {
  readonly id: string;
  readonly commitLsn: bigint;
  readonly source: SourceParts;
  /** Up to the number of the event. */
  readonly eventIdPrefix: string;
  events: number;
}

const NOTHING = { kind: 'nothing' } as const;

/** Turns the messages of a session into events, in their order. It keeps the tables and the running transaction. */
export class EnvelopeEncoder {
  readonly #source: CaptureSource;
  readonly #tables = new Map<number, TablePlan>();
  readonly #out = new ByteWriter();
  #transaction: Transaction | null = null;

  constructor(source: CaptureSource) {
    this.#source = source;
  }

  /**
   * Takes the payload of one XLogData message.
   *
   * @param startLsn the message's start of WAL data
   * @param nowMs in milliseconds since 1970
   * @throws PgoutputError where it is none of pgoutput's messages, or not in its turn
   */
  take(payload: Buffer, startLsn: bigint, nowMs: number): CaptureStep {
    const message = parseMessage(payload);
    switch (message.kind) {
      case 'insert':
        return this.#insert(message, startLsn, nowMs);
      case 'update':
        return this.#update(message, startLsn, nowMs);
      case 'delete':
        return this.#delete(message, startLsn, nowMs);
      case 'truncate':
        return this.#truncate(message, startLsn, nowMs);
      case 'message':
        return this.#message(message, nowMs);
      case 'relation':
        return { kind: 'relation', relation: message };
      case 'begin':
        this.#begin(message);
        return message;
      case 'commit':
        this.#running();
        this.#transaction = null;
        return message;
      case 'type':
        return { kind: 'type', type: message };
      case 'origin':
        return NOTHING;
      default:
        return message satisfies never;
    }
  }

  /** Takes the definition by which the table's rows are read from now on. */
  define(definition: TableDefinition): void {
    this.#tables.set(definition.relationOid, planDefinition(definition));
  }

  /** Where the next change stands. */
  get position(): StreamPosition {
    const { commitLsn, events } = this.#running();
    return { commitLsn, events };
  }

  #begin({ commitLsn, committedAtUs, transactionId }: BeginMessage): void {
    if (this.#transaction !== null) throw new PgoutputError(`a transaction begins within ${this.#transaction.id}`);
    this.#transaction = {
      id: `${transactionId}:${commitLsn}`,
      commitLsn,
      source: sourceParts(this.#source, { snapshot: false, atUs: committedAtUs, transactionId, commitLsn }),
      eventIdPrefix: `${this.#eventIdPrefix(commitLsn)}/`,
      events: 0,
    };
  }

  #insert({ relationOid, after }: InsertMessage, lsn: bigint, nowMs: number): EventsStep {
    const table = this.#table(relationOid);
    const change: RowChange = { operation: 'c', before: null, after, old: null };
    return { kind: 'events', events: [this.#event(table, change, lsn, nowMs)] };
  }

  #update({ relationOid, before: old, after }: UpdateMessage, lsn: bigint, nowMs: number): EventsStep {
    const table = this.#table(relationOid);
    if (old !== null && keyChanged(table, after, old)) {
      // Each row keeps to its own partition: the old one is deleted there, the new one created here.
      const gone = this.#event(table, { operation: 'd', before: old, after: null, old: null }, lsn, nowMs);
      const came = this.#event(table, { operation: 'c', before: null, after, old }, lsn, nowMs);
      return { kind: 'events', events: [gone, came] };
    }
    const change: RowChange = { operation: 'u', before: old !== null && isWhole(table, old) ? old : null, after, old };
    return { kind: 'events', events: [this.#event(table, change, lsn, nowMs)] };
  }

  #delete({ relationOid, before }: DeleteMessage, lsn: bigint, nowMs: number): EventsStep {
    const table = this.#table(relationOid);
    const change: RowChange = { operation: 'd', before, after: null, old: null };
    return { kind: 'events', events: [this.#event(table, change, lsn, nowMs)] };
  }

  #truncate({ relationOids }: TruncateMessage, lsn: bigint, nowMs: number): EventsStep {
    const change: RowChange = { operation: 't', before: null, after: null, old: null };
    const events = relationOids.map((oid) => this.#event(this.#table(oid), change, lsn, nowMs));
    return { kind: 'events', events };
  }

  #message(message: LogicalMessage, nowMs: number): EventsStep {
    const { transactional, lsn, prefix } = message;
    const key = `message/${prefix}`;
    if (!transactional) {
      const facts = { snapshot: false, atUs: null, transactionId: null, commitLsn: lsn };
      const written = messageBody(this.#out, message, { source: sourceParts(this.#source, facts), lsn, nowMs });
      return { kind: 'events', events: [{ key, eventId: `${this.#eventIdPrefix(lsn)}/m`, ...written }] };
    }
    const { eventId, context } = this.#next(lsn, nowMs);
    return { kind: 'events', events: [{ key, eventId, ...messageBody(this.#out, message, context) }] };
  }

  #event(table: TablePlan, change: RowChange, lsn: bigint, nowMs: number): CapturedEvent {
    const { eventId, context } = this.#next(lsn, nowMs);
    const { body, facts } = rowBody(this.#out, table, change, context);
    const { after, before, old } = change;
    const key =
      after !== null ? keyText(table, after, old) : before !== null ? keyText(table, before, null) : table.name;
    return { key, eventId, body, facts };
  }

  /** Counts one event more of the running transaction. */
  #next(lsn: bigint, nowMs: number): { readonly eventId: string; readonly context: EventContext } {
    const transaction = this.#running();
    const order = ++transaction.events;
    const { id, source, eventIdPrefix } = transaction;
    return { eventId: `${eventIdPrefix}${order}`, context: { source, lsn, nowMs, transaction: { id, order } } };
  }

  #eventIdPrefix(lsn: bigint): string {
    return `${eventIdPrefix(this.#source)}${lsnHex(lsn)}`;
  }

  #running(): Transaction {
    if (this.#transaction === null) throw new PgoutputError('a change comes outside of a transaction');
    return this.#transaction;
  }

  #table(oid: number): TablePlan {
    const table = this.#tables.get(oid);
    if (table === undefined) throw new PgoutputError(`no relation message has told of the table ${oid}`);
    return table;
  }
}
