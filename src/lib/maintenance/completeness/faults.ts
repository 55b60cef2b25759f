import { nameOf, parseName } from '../../ledger/names';
import { type Lake } from '../../ledger/port';
import { type Range, Ranges, rangeText } from '../../ranges';
import { placeOf, type PartitionProof } from './judge';
import { filesOf } from '../../ledger/shelves';

/** Paths of the files whose names hold some of a range: the first few. */
export type Naming = (range: Range) => readonly string[];

const unnamed: Naming = () => [];

/** What is wrong with a partition, a line each, with the next command; none where nothing is. Losses were told when they were closed. */
export function faultsOf(proof: PartitionProof, naming: Naming = unnamed): string[] {
  const where = placeOf(proof);
  const told = (ranges: readonly Range[], what: string, next: string): string[] =>
    ranges.map((range) => {
      const paths = naming(range);
      return `${where}: ${rangeText(range)} ${what}${paths.length === 0 ? '' : ` (${paths.join(', ')})`}. ${next}`;
    });
  const rebuild = rebuildCommand(proof);
  return [
    ...told(proof.gaps, 'were never handed over by Event Hubs: a gap', 'Next: npm run lake -- repair'),
    ...told(
      proof.missing,
      'are covered by the ledger, and in no file: somebody has taken it away',
      'Next: undelete it (soft delete), or npm run lake -- repair --reopen',
    ),
    ...told(proof.uncovered, 'are in files, and not covered by the ledger', `Next: ${rebuild}`),
    ...proof.torn.flatMap((run) =>
      told(
        [run],
        `should be in a file of bronze and one of quarantine; what is there holds ${run.found} lines`,
        `Next: undelete the other (soft delete), or ${rebuild}, then npm run lake -- repair`,
      ),
    ),
    ...told(
      proof.doubled,
      'are in two files, and no optimise plan says why',
      'Next: npm run lake -- verify --deep tells whether each is sound; delete the one whose numbers the other holds (az storage fs file delete)',
    ),
  ];
}

/** What is known to be lost of a partition, a line each. */
export function lossesOf(proof: PartitionProof): string[] {
  return proof.lost.map((range) => `${placeOf(proof)}: ${rangeText(range)} are lost: Event Hubs no longer keeps them`);
}

/** A file that no ledger speaks for, with the next command. */
export function strangerText(path: string): string {
  const file = parseName(nameOf(path));
  const next =
    file === null
      ? 'it is not the name of a file of this app: move it away'
      : rebuildCommand({ source: path.split('/')[1] ?? '', ...file });
  return `${path}: no ledger speaks for it. Next: ${next}`;
}

interface Rebuilt {
  readonly source: string;
  readonly partition: string;
  readonly incarnation: number;
}

export const rebuildCommand = ({ source, partition, incarnation }: Rebuilt): string =>
  `npm run lake -- rebuild-ledger ${source} ${partition}${incarnation === 1 ? '' : ` --incarnation ${incarnation}`}`;

const NAMED = 5;

/** Names the files of what is torn, doubled or uncovered, by one more listing of the sources that have such. */
export async function namingOf(
  lake: Lake,
  proofs: readonly PartitionProof[],
): Promise<(proof: PartitionProof) => Naming> {
  const broken = proofs.filter(({ torn, doubled, uncovered }) => torn.length + doubled.length + uncovered.length > 0);
  const found = new Map(broken.map((proof) => [proof, [] as { range: Range; path: string }[]]));
  for (const source of new Set(broken.map((proof) => proof.source))) {
    for await (const { path, file } of filesOf(lake, source)) {
      if (file === null) continue;
      for (const proof of broken) {
        if (proof.source !== source || proof.partition !== file.partition || proof.incarnation !== file.incarnation)
          continue;
        const faulty = [...proof.torn, ...proof.doubled, ...proof.uncovered];
        if (Ranges.of(faulty).foundOf(file).length > 0) found.get(proof)?.push({ range: file, path });
      }
    }
  }
  return (proof) => (range) =>
    (found.get(proof) ?? [])
      .filter((one) => one.range.first <= range.last && one.range.last >= range.first)
      .slice(0, NAMED)
      .map(({ path }) => path);
}
