import { createHash } from 'node:crypto';
import { piecesOf } from '../optimise/pieces';
import { type MaintenanceLake } from '../port';
import { type DeepFile } from './deep-file';
import { type Claim, faultOf } from './claims';
import { LineCheck, type Expected } from './line-check';
import { LineCutter } from '../../lines';
import { type Problems } from './problem';

/** What was read of a file. */
export interface ReadFile {
  lines: number;
  bytes: number;
  /** Files of large events that its lines refer to. */
  claims: number;
  /** Some of its lines are of a newer format, so that their numbers are not known. */
  hasNewer: boolean;
}

/**
 * Reads a file once, a piece at a time, and tells what is wrong with it by itself.
 *
 * @param sha256 what its bytes are to hash to, where that is known
 * @param read is kept up to date
 * @returns the sequence numbers of its good lines, ascending, those of a piece at a time
 * @throws InputGone where the version that was listed is not there any more
 */
export async function* checkFile(
  lake: MaintenanceLake,
  of: DeepFile,
  expected: Expected,
  sha256: string | null,
  problems: Problems,
  read: ReadFile,
): AsyncGenerator<readonly bigint[]> {
  const cutter = new LineCutter();
  const check = new LineCheck(expected);
  const hash = sha256 === null ? null : createHash('sha256');
  for await (const { bytes } of piecesOf(lake, [of])) {
    hash?.update(bytes);
    read.bytes += bytes.length;
    const numbers: bigint[] = [];
    const claims: { readonly claim: Claim; readonly line: number }[] = [];
    for (const line of cutter.cut(bytes)) {
      read.lines += 1;
      if (line === null) {
        problems.add('line_too_long', of.path, read.lines);
        continue;
      }
      const number = check.check(
        line,
        (kind, detail) => problems.add(kind, of.path, read.lines, detail ?? null),
        (claim) => claims.push({ claim, line: read.lines }),
      );
      if (number !== null) numbers.push(number);
    }
    for (const { claim, line } of claims) {
      const fault = await faultOf(lake, claim);
      read.claims += 1;
      if (fault !== null) problems.add(fault, of.path, line, claim.path);
    }
    yield numbers;
  }
  read.hasNewer = check.hasNewer;
  if (cutter.isTorn) problems.add('torn_line', of.path, read.lines + 1);
  if (read.lines !== of.file.count) {
    problems.add('wrong_count', of.path, null, `${read.lines} whole lines, the name says ${of.file.count}`);
  }
  if (hash !== null && hash.digest('hex') !== sha256) problems.add('wrong_checksum', of.path);
}
