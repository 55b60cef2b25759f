import Table from 'cli-table3';
import { type PartitionProof } from '../../lib/maintenance/completeness/judge';
import { type Range, rangeText } from '../../lib/ranges';

export { rangeText } from '../../lib/ranges';

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

/** For machines: 64-bit numbers as text, stretches as `first-last`; the days are the command `complete`'s. */
export function proofJson(proof: PartitionProof): unknown {
  const ranges = (list: readonly Range[]): string[] => list.map(rangeText);
  const { source, namespace, hub, incarnation, partition, files, bytes, events, quarantined, pending, verdict } = proof;
  return {
    ...{ source, namespace, hub, incarnation, partition, start: String(proof.start), last: String(proof.last) },
    lastEnqueuedTime: new Date(proof.lastEnqueuedAt).toISOString(),
    ...{ files, bytes, events, quarantined, pending },
    ...{ gaps: ranges(proof.gaps), lost: ranges(proof.lost), absent: ranges(proof.absent) },
    ...{ missing: ranges(proof.missing), uncovered: ranges(proof.uncovered), doubled: ranges(proof.doubled) },
    merging: ranges(proof.merging),
    torn: proof.torn.map((run) => ({ run: rangeText(run), found: run.found })),
    verdict,
  };
}
