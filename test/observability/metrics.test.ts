import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { METRICS } from '../../src/lib/observability/metrics';

test('whatever is in the table is told by some module, so that no page or query waits for a metric that never comes', async () => {
  const room = join(__dirname, '../../src/lib/observability');
  const texts = await Promise.all(['measure.ts', 'telemetry.ts'].map((file) => readFile(join(room, file), 'utf8')));
  for (const name of Object.keys(METRICS)) expect(texts.join('\n')).toMatch(new RegExp(`\\b${name}\\b`));
});
