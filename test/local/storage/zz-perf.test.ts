import { startBlobServer } from '../../../local/storage/azurite';
import { LakeRecords } from '../../../local/storage/records';
import { searchByName } from '../../../local/storage/store-fixes';
import { newRecord } from '../../../local/storage/properties';
import { put, startAccount } from './support';
import { startLake } from '../../support/storage';
import { clientsOf } from './support';
it('perf', async () => {
  for (const n of [100, 8000, 50000]) {
    const a = await startBlobServer(0, null);
    searchByName(a.metadataStore);
    const r = new LakeRecords(a.metadataStore);
    for (let i = 0; i < n; i++) r.put(newRecord('file', { fileSystem: 'data', path: `bronze/postgresql/2026/11/${i % 28}/data_${i}.json` }, {}, new Date()));
    r.put(newRecord('file', { fileSystem: 'data', path: 'a/x' }, {}, new Date()));
    let t = performance.now();
    for (let i = 0; i < 500; i++) { const rec = r.find({ fileSystem: 'data', path: i % 2 ? 'b/x' : 'a/x' })!; r.move(rec, { fileSystem: 'data', path: i % 2 ? 'a/x' : 'b/x' }); }
    console.log(n, 'record move ms', (performance.now() - t) / 500);
    t = performance.now(); r.beneath({ fileSystem: 'data', path: 'bronze/postgresql/2026/11/3' }); console.log('beneath', performance.now() - t);
    t = performance.now(); const d = r.find({ fileSystem: 'data', path: 'bronze/postgresql/2026/11/3/data_3.json' })!; r.put(newRecord('directory', { fileSystem: 'data', path: 'bronze' }, {}, new Date())); r.move(r.find({ fileSystem: 'data', path: 'bronze' })!, { fileSystem: 'data', path: 'silver' }); console.log('move dir of all', performance.now() - t, d.name);
    await a.close();
  }
  await using acc = await startAccount();
  for (const target of [100, 4000]) {
    for (let i = 0; i < target; i++) await put(acc, `x/${target}/${i}`, 'y');
    let t = performance.now();
    for (let i = 0; i < 200; i++) await put(acc, `perf/p`, 'y'.repeat(1000));
    console.log(target, 'put ms', (performance.now() - t) / 200);
    t = performance.now();
    for (let i = 0; i < 200; i++) await acc.data.getFileClient(i % 2 ? 'perf/q' : 'perf/p').move('data', i % 2 ? 'perf/p' : 'perf/q');
    console.log(target, 'rename ms', (performance.now() - t) / 200);
  }
  const mb = 'z'.repeat(1 << 20);
  let t = performance.now();
  for (let i = 0; i < 50; i++) await put(acc, `perf/1m`, mb);
  console.log('put 1MB ms', (performance.now() - t) / 50);
  await using lake = await startLake();
  const { blobs, lake: dl } = clientsOf(lake.connectionString);
  const c = blobs.getContainerClient('data');
  await dl.getFileSystemClient('data').getDirectoryClient('b').create();
  const one = async (k: number) => { for (let i = 0; i < 100; i++) {
    await c.getBlockBlobClient(`s/${k}-${i}`).upload('x'.repeat(1000), 1000);
    await c.getBlockBlobClient(`l/${k}`).upload('x'.repeat(1000), 1000);
    await dl.getFileSystemClient('data').getFileClient(`s/${k}-${i}`).move('data', `b/${k}-${i}`);
  } };
  t = performance.now(); await one(0); console.log('commit via proxy ms (1)', (performance.now() - t) / 100);
  t = performance.now(); await Promise.all([1,2,3,4,5,6,7,8].map(one)); console.log('commit via proxy ms (8)', (performance.now() - t) / 100);
});
