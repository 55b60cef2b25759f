import { isAscii, isUtf8 } from 'node:buffer';
import { type QuarantineReason } from '../../decode/body';
import { type Source } from '../../decode/event';
import { DEEPEST_NESTING, hasUnpairedSurrogate, nestsDeeperThan } from '../../decode/readable';
import { HEAD_BYTES, LINE_FORMAT, tellHead } from '../../ledger/line-head';
import { type DataFile, type Shelf } from '../../ledger/names';
import { utcDay } from '../../time';
import { type Claim, claimIn } from './claims';
import { type Owner, readLineHead } from './line-head';
import { type ProblemKind } from './problem';
import { hasLineShape } from './shape';

/** What the lines of a file are to be. */
export interface Expected {
  readonly shelf: Shelf;
  readonly source: Source;
  readonly file: DataFile;
  /** The partitions with a ledger that the name may mean; none where there is no such ledger, and the lines alone tell. */
  readonly owners: readonly Owner[];
}

/** Is given what a line refers to. */
export type Refer = (claim: Claim) => void;

export type Tell = (kind: ProblemKind, detail?: string) => void;

const REASONS: Readonly<Record<QuarantineReason, true>> = { not_json: true, not_utf8: true, unreadable_json: true };
const BEGINNING = `{"format":${LINE_FORMAT},`;
const CARRIAGE_RETURN = 0x0d;

/** Checks the lines of one file, one after another. */
export class LineCheck {
  readonly #expected: Expected;
  /** The head that all lines have, once one has said whose file it is. */
  #prefix: string | null = null;
  #previous: bigint | null = null;
  #hasNewer = false;

  constructor(expected: Expected) {
    this.#expected = expected;
  }

  /** Whether there was a line of a newer format: then it is not known which numbers the file holds. */
  get hasNewer(): boolean {
    return this.#hasNewer;
  }

  /**
   * @param line without its line feed
   * @returns the line's sequence number where it is one of this file, in its place; null otherwise, and then it was told why
   */
  check(line: Buffer, tell: Tell, refer: Refer): bigint | null {
    const text = textOf(line);
    if (text === null) return told(tell, 'not_utf8');
    if (!text.startsWith(BEGINNING)) {
      const head = tellHead(text.slice(0, HEAD_BYTES));
      if (head?.kind === 'newer') return this.#newer(head.format, tell);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return told(tell, 'not_json');
    }
    if (line.includes(CARRIAGE_RETURN)) tell('carriage_return');
    // One level is the line's own.
    if (hasUnpairedSurrogate(text) || nestsDeeperThan(text, DEEPEST_NESTING + 1)) tell('unreadable_json');
    const head = readLineHead(text);
    if (head === null || !hasLineShape(value, this.#expected.shelf)) return told(tell, 'wrong_header');
    // Were a key there twice, `JSON.parse` would have told the other one.
    if (Number(head.sequence) !== value['sequenceNumber'] || head.owner.partition !== value['partition']) {
      return told(tell, 'wrong_header');
    }
    if (!this.#isOurs(head.owner, head.prefix)) return told(tell, 'foreign_line');
    this.#checkTime(head.sequence, Date.parse(value['enqueuedTime'] as string), tell);
    if (this.#expected.shelf === 'quarantine') checkBody(value['reason'], value['bodyBase64'], tell);
    const claim = claimIn(value);
    if (claim !== null) refer(claim);
    return this.#placed(head.sequence, tell);
  }

  /** Whatever else such a line is, this version cannot tell; and where there is one there may be a million. */
  #newer(format: number, tell: Tell): null {
    if (!this.#hasNewer) tell('newer_format', `format ${format}`);
    this.#hasNewer = true;
    return null;
  }

  #isOurs(owner: Owner, prefix: string): boolean {
    if (this.#prefix !== null) return prefix === this.#prefix;
    const { source, file, owners } = this.#expected;
    const isNamed =
      owner.source === source && owner.incarnation === file.incarnation && owner.partition === file.partition;
    const isKnown =
      owners.length === 0 || owners.some(({ namespace, hub }) => namespace === owner.namespace && hub === owner.hub);
    if (isNamed && isKnown) this.#prefix = prefix;
    return isNamed && isKnown;
  }

  #checkTime(sequence: bigint, enqueuedAt: number, tell: Tell): void {
    const { first, firstEnqueuedAt } = this.#expected.file;
    if (utcDay(enqueuedAt) !== utcDay(firstEnqueuedAt)) tell('wrong_day');
    // The run's first event may be in its other file.
    else if (sequence === first && enqueuedAt !== firstEnqueuedAt) tell('wrong_stamp');
  }

  #placed(sequence: bigint, tell: Tell): bigint | null {
    const { first, last } = this.#expected.file;
    if (sequence < first || sequence > last) return told(tell, 'outside_range', `number ${sequence}`);
    const previous = this.#previous;
    if (previous !== null && sequence <= previous) {
      return told(tell, sequence === previous ? 'number_twice' : 'out_of_order', `number ${sequence}`);
    }
    this.#previous = sequence;
    return sequence;
  }
}

function checkBody(reason: unknown, body: unknown, tell: Tell): void {
  if (typeof reason !== 'string' || !Object.hasOwn(REASONS, reason)) tell('unknown_reason');
  // `Buffer.from` passes over whatever is no base64; only the one right text comes out again.
  if (typeof body !== 'string' || Buffer.from(body, 'base64').toString('base64') !== body) tell('bad_base64');
}

/** Most lines are ASCII, which decodes several times faster as Latin-1. */
function textOf(line: Buffer): string | null {
  if (isAscii(line)) return line.toString('latin1');
  return isUtf8(line) ? line.toString('utf8') : null;
}

function told(tell: Tell, kind: ProblemKind, detail?: string): null {
  tell(kind, detail);
  return null;
}
