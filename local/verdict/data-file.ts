import { type Shelf } from './sent';

/** What a data file's path says; docs/lake-format.md has the form. */
export interface DataFilePath {
  readonly shelf: Shelf;
  readonly source: string;
  /** `2026-11-25` */
  readonly day: string;
  /** Of the first event: `20261125T101112345Z` */
  readonly stamp: string;
  readonly partition: string;
  readonly incarnation: number;
  readonly first: bigint;
  readonly last: bigint;
  readonly lines: number;
}

/** Numbers have no leading zeros, and the first incarnation is not named: a file has one name and no other. */
const PATH = new RegExp(
  String.raw`^(bronze|quarantine)/(postgresql|mongodb)/(\d{4})/(\d\d)/(\d\d)/` +
    String.raw`data_(\d{8}T\d{9}Z)_(N)(?:_i(?!1_)(N))?_(N)-(N)_(N)\.json$`.replaceAll('N', String.raw`0|[1-9]\d*`),
);

/** Null for a path that no data file has. */
export function readPath(path: string): DataFilePath | null {
  const found = PATH.exec(path);
  if (found === null) return null;
  const [, shelf, source, year, month, date, stamp, partition, incarnation, first, last, lines] = found;
  return {
    shelf: shelf as Shelf,
    source: source as string,
    day: `${year}-${month}-${date}`,
    stamp: stamp as string,
    partition: partition as string,
    incarnation: Number(incarnation ?? 1),
    first: BigInt(first as string),
    last: BigInt(last as string),
    lines: Number(lines),
  };
}
