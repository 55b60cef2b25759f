import { proveLake } from '../../lib/maintenance/completeness/prove';
import { faultsOf, proofJson, rangeText, tableOf } from './print';
import { EXIT_MISSING, openLake, type Common } from './room';

export async function verify({ json }: Common): Promise<void> {
  const { lake } = await openLake();
  const startedAt = performance.now();
  const isShown = !json && process.stderr.isTTY;
  const onProgress = (files: number): void => {
    if (isShown && files % 1_000 === 0) process.stderr.write(`\r${files.toLocaleString('en')} files …`);
  };
  const { partitions, strangers, listed } = await proveLake(lake, { onProgress });
  if (isShown) process.stderr.write('\r');
  const faults = partitions.flatMap(faultsOf);
  const isWhole = faults.length === 0 && strangers.count === 0;
  if (json) {
    console.log(JSON.stringify({ ok: isWhole, listed, partitions: partitions.map(proofJson), strangers }));
  } else {
    const rows = partitions.map((one) => [
      one.hub,
      one.incarnation === 1 ? one.partition : `${one.partition} (${one.incarnation})`,
      rangeText({ first: one.start, last: one.last }),
      ...[one.events, one.quarantined, one.files, one.pending],
      one.verdict,
    ]);
    console.log(tableOf(['hub', 'partition', 'covered', 'events', 'quarantined', 'files', 'pending', 'proof'], rows));
    for (const fault of faults) console.log(fault);
    for (const path of strangers.paths) console.log(`${path}: no ledger speaks for it`);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      isWhole
        ? `Every event that Event Hubs has handed over is in the lake, by ${listed.toLocaleString('en')} file names and the ledgers (${seconds} s).`
        : `The lake is not whole (${listed.toLocaleString('en')} file names, ${seconds} s).`,
    );
  }
  if (!isWhole) process.exitCode = EXIT_MISSING;
}
