import { quoted } from './envelope-table';

/** What all events of one history of a database have in common. */
export interface CaptureSource {
  /** The configured name of the database: `source.name`. */
  readonly name: string;
  /** The database's own name. */
  readonly database: string;
  /** Of the server: `IDENTIFY_SYSTEM`. */
  readonly systemId: string;
  /** Which history of the database this is: 1, and one more for each reset. */
  readonly history: number;
}

/** What is the same for all events of a transaction, of a snapshot, or of a single message. */
export interface SourceParts {
  /** `"source":{…,"ts_us":1764158400000123`; the table's names follow. */
  readonly head: Buffer;
  /** `,"txId":755,"lsn":`; the change's LSN follows. */
  readonly middle: Buffer;
  /** `,"commit_lsn":24025000,"history":1},"op":"`; the operation's letter follows. */
  readonly end: Buffer;
}

export interface SourceFacts {
  readonly snapshot: boolean;
  /** Microseconds since 1970; null where no commit has a time to tell. */
  readonly atUs: bigint | null;
  readonly transactionId: number | null;
  readonly commitLsn: bigint;
}

export function sourceParts({ name, database, history }: CaptureSource, facts: SourceFacts): SourceParts {
  const { snapshot, atUs, transactionId, commitLsn } = facts;
  const millis = atUs === null ? '' : `"ts_ms":${atUs / 1000n},`;
  const micros = atUs === null ? '' : `,"ts_us":${atUs}`;
  return {
    head: Buffer.from(
      `"source":{"version":"1","connector":"postgresql","name":${quoted(name)},${millis}` +
        `"snapshot":"${snapshot}","db":${quoted(database)}${micros}`,
    ),
    middle: Buffer.from(transactionId === null ? `,"lsn":` : `,"txId":${transactionId},"lsn":`),
    end: Buffer.from(`,"commit_lsn":${commitLsn},"history":${history}},"op":"`),
  };
}

/** `7123456789012345678/shop/1/`: how the ids of all events of one history begin. Two histories may reach the same LSN. */
export function eventIdPrefix({ systemId, name, history }: CaptureSource): string {
  return `${systemId}/${name}/${history}/`;
}

/** `00000000016E9768`: an LSN as event ids have it. */
export function lsnHex(lsn: bigint): string {
  return lsn.toString(16).toUpperCase().padStart(16, '0');
}
