import { createHash } from 'node:crypto';
import { isObject, type JsonObject } from '../../decode/json';
import { InputGone, piecesOf } from '../optimise/pieces';
import { type MaintenanceLake } from '../port';

/** What a line says of the file that holds its event. */
export interface Claim {
  readonly path: string;
  /** Of its bytes, in hexadecimal digits; null where the line does not say it. */
  readonly sha256: string | null;
}

/** What a bronze line of the right shape refers to; null where it holds its event itself. */
export function claimIn({ payloadRef, properties }: JsonObject): Claim | null {
  if (typeof payloadRef !== 'string') return null;
  const sha256 = isObject(properties) ? properties['payloadSha256'] : undefined;
  return { path: payloadRef, sha256: typeof sha256 === 'string' ? sha256 : null };
}

/**
 * Reads the file of a claim, a piece at a time: the line alone is no event.
 *
 * @returns what is wrong with it; null where it is there and is what capture has put there
 * @throws PipelineError STORAGE_FAILED
 */
export async function faultOf(lake: MaintenanceLake, claim: Claim): Promise<'claim_missing' | 'claim_differs' | null> {
  const found = await lake.look(claim.path);
  if (found === null) return 'claim_missing';
  if (found.bytes === 0) return 'claim_differs';
  if (claim.sha256 === null) return null;
  const hash = createHash('sha256');
  try {
    for await (const { bytes } of piecesOf(lake, [{ path: claim.path, ...found }])) hash.update(bytes);
  } catch (error) {
    // Nothing that the app does replaces or removes a claim.
    if (error instanceof InputGone) return (await lake.look(claim.path)) === null ? 'claim_missing' : 'claim_differs';
    throw error;
  }
  return hash.digest('hex') === claim.sha256 ? null : 'claim_differs';
}
