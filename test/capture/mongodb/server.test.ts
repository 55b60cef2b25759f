import { type Timestamp } from 'mongodb';
import { readOplogWindow, readServer } from '../../../src/lib/capture/mongodb/server';
import { openDeployment, openStandIn } from '../../local/mongodb/support';
import { Rig } from './rig';

test('a replica set tells its name, its id and its time', async () => {
  await using deployment = await openDeployment();
  const { kind, deployment: name, time } = await readServer(deployment.client);
  expect(kind).toBe('replicaSet');
  expect(name).toMatch(/^[^:]+:[0-9a-f]{24}$/);
  const { operationTime } = await deployment.db.command({ ping: 1 });
  const now = operationTime as Timestamp;
  expect(Math.abs(now.t - (time?.seconds ?? 0))).toBeLessThan(60);
});

test.each([13, 59, 8_000])('a replica set whose id may not be asked for (%i) is known by its name', async (code) => {
  await using deployment = await openStandIn();
  deployment.server.faults.add({ kind: 'refuse', on: 'replSetGetConfig', code });
  expect((await readServer(deployment.client)).deployment).toBe('rs0');
});

test('what breaks on the way is no refusal', async () => {
  await using deployment = await openStandIn();
  deployment.server.faults.add({ kind: 'cutConnection', on: 'replSetGetConfig', times: Infinity });
  await expect(readServer(deployment.client)).rejects.toThrow();
});

test('how far back the oplog reaches is told where it may be read, when a run begins', async () => {
  await using rig = await Rig.open();
  const windows: number[] = [];
  await rig.run({}, { onOplogWindow: (seconds) => windows.push(seconds) }).stop();
  const run = rig.run({}, { onOplogWindow: (seconds) => windows.push(seconds) });
  await rig.progress.until(() => true);
  await run.stop();
  const told = await readOplogWindow(rig.deployment.client);
  expect(windows).toEqual(told === null ? [] : [expect.any(Number)]);
});

test('the oplog of which nothing may be told has no window', async () => {
  await using deployment = await openStandIn();
  deployment.server.faults.add({ kind: 'refuse', on: 'find', code: 13, times: Infinity });
  expect(await readOplogWindow(deployment.client)).toBeNull();
});
