import { CommandError, missing, typeMismatch } from './errors';
import { type Request } from './message';
import { field, firstField, type RawValue } from './raw';
import { asDocument, asDocuments, asFlag, asLong, asNumber, asText } from './values';

/** A namespace: a database, and a collection in it. */
export interface Namespace {
  readonly db: string;
  readonly coll: string;
}

export const nameOf = ({ db, coll }: Namespace): string => `${db}.${coll}`;

/** Splits at the first dot: a database's name has none. */
export function parseNamespace(text: string): Namespace {
  const dot = text.indexOf('.');
  if (dot <= 0 || dot === text.length - 1) throw new CommandError(73, `Invalid namespace specified '${text}'`);
  return { db: text.slice(0, dot), coll: text.slice(dot + 1) };
}

/** One command of a client, read lazily: most fields of most commands are never looked at. */
export class Command {
  readonly name: string;
  readonly db: string;
  readonly #argument: RawValue;
  readonly #body: Buffer;
  readonly #sequences: ReadonlyMap<string, readonly Buffer[]>;

  constructor({ body, sequences, database }: Request) {
    const first = firstField(body);
    if (first === undefined) throw new CommandError(59, 'no such command: an empty document');
    this.name = first.name;
    this.db = asText(field(body, '$db')) ?? database ?? 'admin';
    this.#argument = first;
    this.#body = body;
    this.#sequences = sequences;
  }

  field(name: string): RawValue | undefined {
    return field(this.#body, name);
  }

  number(name: string): number | undefined {
    return asNumber(this.field(name));
  }

  long(name: string): bigint | undefined {
    return asLong(this.field(name));
  }

  flag(name: string): boolean {
    return asFlag(this.field(name));
  }

  text(name: string): string | undefined {
    return asText(this.field(name));
  }

  document(name: string): Buffer | undefined {
    return asDocument(this.field(name));
  }

  /** The value of the command's own field, `insert: 'orders'`. */
  get argument(): RawValue {
    return this.#argument;
  }

  /** The collection that the command's own field names. */
  get namespace(): Namespace {
    const coll = asText(this.#argument);
    if (coll === undefined) throw typeMismatch(`${this.name}.${this.name}`, 'string');
    if (coll === '' || coll.includes('\0') || this.db === '')
      throw new CommandError(73, `Invalid namespace specified '${this.db}.${coll}'`);
    return { db: this.db, coll };
  }

  /** A list that came as a section of its own or as an array in the body. */
  documents(name: string): readonly Buffer[] {
    const documents = this.#sequences.get(name) ?? asDocuments(this.field(name));
    if (documents === undefined) throw missing(`${this.name}.${name}`);
    return documents;
  }
}
