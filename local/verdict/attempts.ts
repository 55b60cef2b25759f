import { type DataFilePath } from './data-file';
import { type Line } from './line';
import { type Problems } from './problem';
import { fingerprintOf, type Attempt, type SentLog, type Shelf } from './sent';

/** What became of the attempts. Counts are events. */
export interface AttemptCounts {
  /** Attempts that Event Hubs acknowledged: each must be there once. */
  readonly sent: number;
  /** Of these, found in bronze. */
  readonly landed: number;
  /** Of these, found in quarantine. */
  readonly quarantined: number;
  /** Of these, found nowhere. */
  readonly missing: number;
  /** Attempts that were never acknowledged, and are there all the same: once each is as it should be. */
  readonly unacknowledgedLanded: number;
  /** Lines that are no attempt of this log. */
  readonly foreign: number;
}

/** Notes which attempts are in the lake; the log itself stays as it is, so that it can be judged by again. */
export class FoundAttempts {
  readonly #found = new Map<string, Shelf>();
  readonly #sent: SentLog;
  readonly #problems: Problems;
  readonly #foreignAllowed: boolean;
  #foreign = 0;

  constructor(sent: SentLog, problems: Problems, foreignAllowed: boolean) {
    this.#sent = sent;
    this.#problems = problems;
    this.#foreignAllowed = foreignAllowed;
  }

  /** Whether a line is an attempt that another line is, too; finds fault with what is not as it was sent. */
  isRepeat(path: string, { shelf }: DataFilePath, line: Line): boolean {
    const problems = this.#problems;
    const where = `${path}, ${line.sequence}`;
    const id = line.properties['sentid'];
    const attempt = typeof id === 'string' ? this.#sent.find(id) : undefined;
    if (attempt === undefined || typeof id !== 'string') {
      this.#foreign += 1;
      if (!this.#foreignAllowed)
        problems.add('event_unknown', where, id === undefined ? 'no sentid' : `sentid ${JSON.stringify(id)}`);
      return false;
    }
    if (attempt.expect !== shelf) problems.add('event_misplaced', where, `in ${shelf}`);
    if (attempt.hub.toLowerCase() !== line.hub) problems.add('event_misplaced', where, `of hub ${line.hub}`);
    const altered = alterations(attempt, line);
    if (altered.length > 0) problems.add('event_altered', where, `another ${altered.join(', another ')}`);
    const isRepeat = this.#found.has(id);
    if (isRepeat) problems.add('event_twice', where, `attempt ${id}`);
    else this.#found.set(id, shelf);
    return isRepeat;
  }

  /** Counts the attempts, once every line was seen. */
  finish(): AttemptCounts {
    const counts = { sent: 0, landed: 0, quarantined: 0, missing: 0, unacknowledgedLanded: 0, foreign: this.#foreign };
    for (const [id, { acknowledged, hub }] of this.#sent) {
      const shelf = this.#found.get(id);
      if (!acknowledged) {
        if (shelf !== undefined) counts.unacknowledgedLanded += 1;
        continue;
      }
      counts.sent += 1;
      if (shelf === undefined) {
        counts.missing += 1;
        this.#problems.add('event_missing', id, `in no file of ${hub}`);
      } else {
        counts[shelf === 'bronze' ? 'landed' : 'quarantined'] += 1;
      }
    }
    return counts;
  }
}

/** What is not as it was sent. Properties that the platform added are no fault. */
function alterations(attempt: Attempt, line: Line): string[] {
  const properties = Object.entries(attempt.properties).filter(([name, value]) => line.properties[name] !== value);
  return [
    ...(attempt.partitionKey === line.partitionKey ? [] : ['partition key']),
    ...properties.map(([name]) => `property ${name}`),
    ...(attempt.isTombstone === (line.operation === 'tombstone') ? [] : [`operation (${line.operation ?? 'none'})`]),
    ...(attempt.fingerprint === fingerprintOf(line.content) ? [] : ['content']),
  ];
}
