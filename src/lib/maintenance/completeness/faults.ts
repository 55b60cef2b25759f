import { placeOf, type PartitionProof } from './judge';
import { type Range, rangeText } from '../../ranges';

/** What is wrong with a partition, a line each; none where nothing is. Losses were told when they were closed. */
export function faultsOf(proof: PartitionProof): string[] {
  const where = placeOf(proof);
  const told = (ranges: readonly Range[], what: string): string[] =>
    ranges.map((range) => `${where}: ${rangeText(range)} ${what}`);
  return [
    ...told(proof.gaps, 'were never handed over by Event Hubs: a gap'),
    ...told(proof.missing, 'are covered by the ledger, and in no file: somebody has taken it away'),
    ...told(proof.uncovered, 'are in files, and not covered by the ledger: npm run lake -- rebuild-ledger'),
    ...proof.torn.map((run) => `${where}: the files of ${rangeText(run)} hold ${run.found} lines`),
    ...told(proof.doubled, 'are in two files, and no optimise plan says why'),
  ];
}

/** What is known to be lost of a partition, a line each. */
export function lossesOf(proof: PartitionProof): string[] {
  return proof.lost.map((range) => `${placeOf(proof)}: ${rangeText(range)} are lost: Event Hubs no longer keeps them`);
}
