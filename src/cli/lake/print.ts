import Table from 'cli-table3';
import { type Range } from '../../lib/ledger/coverage';
import { type PartitionProof } from '../../lib/maintenance/completeness/judge';

/** A table for people: the first column to the left, numbers to the right. */
export function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    table.push(
      row.map((cell) => (typeof cell === 'number' ? { content: cell.toLocaleString('en'), hAlign: 'right' } : cell)),
    );
  }
  return table.toString();
}

/** `17-23`, as file names have it. */
export const rangeText = ({ first, last }: Range): string => `${first}-${last}`;

/** For machines: 64-bit numbers as text, stretches as `first-last`. */
export function proofJson(proof: PartitionProof): Record<string, unknown> {
  const ranges = (list: readonly Range[]): string[] => list.map(rangeText);
  return {
    ...proof,
    start: String(proof.start),
    last: String(proof.last),
    lastEnqueuedTime: new Date(proof.lastEnqueuedAt).toISOString(),
    ...{ gaps: ranges(proof.gaps), missing: ranges(proof.missing), uncovered: ranges(proof.uncovered) },
    torn: proof.torn.map((run) => ({ run: rangeText(run), found: run.found })),
    doubled: ranges(proof.doubled),
  };
}

/** What is wrong with a partition, a line each; none where nothing is. */
export function faultsOf(proof: PartitionProof): string[] {
  const where = `${proof.hub}/${proof.partition}${proof.incarnation === 1 ? '' : `, incarnation ${proof.incarnation}`}`;
  const told = (ranges: readonly Range[], what: string): string[] =>
    ranges.map((range) => `${where}: ${rangeText(range)} ${what}`);
  return [
    ...told(proof.gaps, 'were never handed over by Event Hubs: a gap'),
    ...told(proof.missing, 'are covered by the ledger, and in no file: somebody has taken it away'),
    ...told(proof.uncovered, 'are in files, and not covered by the ledger: npm run lake -- rebuild-ledger'),
    ...proof.torn.map((run) => `${where}: the files of ${rangeText(run)} hold ${run.found} lines`),
    ...told(proof.doubled, 'are in two files; while a day is being optimised this passes'),
  ];
}
