import { type CapturedEvent } from '../port';
import { messageBody, rowBody, type EventContext, type RowChange } from './envelope-event';
import { keyChanged, keyText } from './envelope-row';
import { eventIdPrefix, lsnHex, sourceParts, type CaptureSource, type SourceParts } from './envelope-source';
import { type CaptureStep, type EventsStep, type RelationStep } from './envelope-steps';
import { planTable, type TablePlan } from './envelope-table';
import { parseMessage } from './pgoutput';
import { PgoutputError } from './pgoutput-error';
import {
  type BeginMessage,
  type DeleteMessage,
  type InsertMessage,
  type LogicalMessage,
  type RelationMessage,
  type TruncateMessage,
  type UpdateMessage,
} from './pgoutput-messages';
import { unknownTypes, type TypeRow } from './types';
import { ByteWriter } from './values-writer';

interface Table {
  readonly relation: RelationMessage;
  /** Where the stream does not tell. */
  key: readonly string[] | null;
  /** Made with the first row, when all that can be learned has been. */
  plan: TablePlan | null;
}

interface Transaction {
  readonly id: string;
  readonly source: SourceParts;
  /** Up to the number of the event. */
  readonly eventIdPrefix: string;
  events: number;
}

const NOTHING = { kind: 'nothing' } as const;

/** Turns the messages of a session into events, in their order. It keeps the tables and the running transaction. */
export class EnvelopeEncoder {
  readonly #source: CaptureSource;
  readonly #types: Map<number, TypeRow>;
  readonly #tables = new Map<number, Table>();
  readonly #out = new ByteWriter();
  #transaction: Transaction | null = null;

  constructor(source: CaptureSource, types: readonly TypeRow[] = []) {
    this.#source = source;
    this.#types = new Map(types.map((row) => [row.oid, row]));
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
        return this.#relation(message);
      case 'begin':
        this.#begin(message);
        return message;
      case 'commit':
        this.#running();
        this.#transaction = null;
        return message;
      case 'origin':
      case 'type':
        return NOTHING;
      default:
        return message satisfies never;
    }
  }

  /** Takes the rows of `TYPE_QUERY`. */
  learnTypes(rows: readonly TypeRow[]): void {
    for (const row of rows) this.#types.set(row.oid, row);
    for (const table of this.#tables.values()) table.plan = null;
  }

  /** Takes the columns of `KEY_QUERY`; none where the table has neither a primary key nor a replica identity. */
  learnKey(relationOid: number, columns: readonly string[]): void {
    const table = this.#tables.get(relationOid);
    if (table === undefined) throw new PgoutputError(`no relation message has told of the table ${relationOid}`);
    table.key = columns;
    table.plan = null;
  }

  #begin({ commitLsn, committedAtUs, transactionId }: BeginMessage): void {
    if (this.#transaction !== null) throw new PgoutputError(`a transaction begins within ${this.#transaction.id}`);
    this.#transaction = {
      id: `${transactionId}:${commitLsn}`,
      source: sourceParts(this.#source, { snapshot: false, atUs: committedAtUs, transactionId, commitLsn }),
      eventIdPrefix: `${this.#eventIdPrefix(commitLsn)}/`,
      events: 0,
    };
  }

  #relation(relation: RelationMessage): RelationStep {
    const { oid, replicaIdentity, columns } = relation;
    // With a full replica identity every column is marked as key, without one none is.
    const unknownKey = replicaIdentity === 'full' || replicaIdentity === 'nothing';
    this.#tables.set(oid, { relation, key: unknownKey ? [] : null, plan: null });
    const typeOids = columns.map(({ typeOid }) => typeOid);
    return { kind: 'relation', relation, unknownTypes: unknownTypes(typeOids, this.#types), unknownKey };
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
    const change: RowChange = { operation: 'u', before: old?.holds === 'row' ? old : null, after, old };
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
    return (table.plan ??= planTable(table.relation, this.#types, table.key ?? undefined));
  }
}
