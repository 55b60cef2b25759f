import { randomUUID } from 'node:crypto';
import { optimise } from '../../../src/lib/maintenance/optimise/optimise';
import { openOptimiseRoom } from './rig';

/** A process that optimises until it is through, or killed: `node killed-child.js <connection string>`. */
async function main(): Promise<void> {
  const room = await openOptimiseRoom(process.argv[2] ?? '', { newId: randomUUID });
  // Plans of few runs: a kill strikes now one step of them, now another.
  const report = await optimise('postgresql', room, { maxRuns: 150 });
  process.stdout.write(JSON.stringify({ merged: report.merged.length, left: report.left }));
}

void main().then(() => process.exit());
