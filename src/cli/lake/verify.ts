import { setTimeout as sleep } from 'node:timers/promises';
import { faultsOf, lossesOf, namingOf, strangerText } from '../../lib/maintenance/completeness/faults';
import { proveLake } from '../../lib/maintenance/completeness/prove';
import { proofJson, rangeText, tableOf } from './print';
import { conclude } from '../exit';
import { openLake, type Common } from './room';
import { deepJson, deepLines, demandSense, readDeep, type DeepOptions } from './verify-deep';

export async function verify({ json, ...options }: Common & DeepOptions): Promise<void> {
  demandSense(options);
  const opened = await openLake();
  const { lake } = opened;
  const startedAt = performance.now();
  const isShown = !json && process.stderr.isTTY;
  const onProgress = (files: number): void => {
    if (isShown && files % 1_000 === 0) process.stderr.write(`\r${files.toLocaleString('en')} files …`);
  };
  const { partitions, strangers, listed } = await proveLake(lake, { sleep: (ms) => sleep(ms), onProgress });
  if (isShown) process.stderr.write('\r');
  const naming = await namingOf(lake, partitions);
  const faults = partitions.flatMap((one) => faultsOf(one, naming(one)));
  // What was closed as lost was told then: it is told again, and is no news.
  const losses = partitions.flatMap(lossesOf);
  const isWhole = faults.length === 0 && strangers.count === 0;
  if (!json) {
    const rows = partitions.map((one) => [
      one.hub,
      one.incarnation === 1 ? one.partition : `${one.partition} (${one.incarnation})`,
      rangeText({ first: one.start, last: one.last }),
      ...[one.events, one.quarantined, one.files, one.pending],
      one.verdict,
    ]);
    console.log(tableOf(['hub', 'partition', 'covered', 'events', 'quarantined', 'files', 'pending', 'proof'], rows));
    for (const line of [...faults, ...losses]) console.log(line);
    for (const path of strangers.paths) console.log(strangerText(path));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const save = losses.length === 0 ? '' : ', but for what is told as lost,';
    console.log(
      isWhole
        ? `Every event that Event Hubs has handed over${save} is in the lake, by ${listed.toLocaleString('en')} file names and the ledgers (${seconds} s).`
        : `The lake is not whole (${listed.toLocaleString('en')} file names, ${seconds} s).`,
    );
  }
  const deep = await readDeep(opened, options, isShown);
  const isSound = isWhole && (deep === null || deep.problemCount === 0);
  if (json) {
    const proof = { ok: isSound, listed, partitions: partitions.map(proofJson), strangers };
    console.log(JSON.stringify({ ...proof, ...(deep === null ? {} : { deep: deepJson(deep) }) }));
  } else if (deep !== null) {
    for (const line of deepLines(deep)) console.log(line);
  }
  conclude({ isMissing: !isSound });
}
