import path from 'node:path';
import { Client } from 'pg';
import { appEnvironment } from '../../local/platform/app-settings';
import { Fleet } from '../../local/platform/fleet';
import { startPlatform } from '../../local/platform/platform';
import { startPostgres } from '../../local/postgres/postgres';
import { type HostEvent } from '../../local/host/host';
import { buildApp } from '../build/bundle';
import { LakeReader } from '../support/reader';
import '../support/unref-long-timers';

/** The functions as the host runs them: from a database to the lake, nobody but the timer starting anything. */

const QUICK = {
  AzureFunctionsJobHost__extensions__eventHubs__minEventBatchSize: '2',
  AzureFunctionsJobHost__extensions__eventHubs__maxWaitTime: '00:00:01',
  CAPTURE_SCHEDULE: '*/5 * * * * *',
  CAPTURE_RUN_SECONDS: '5',
};

test('the timer function captures, run after run, and the other function lands what it sent', async () => {
  await using app = await buildApp();
  await using server = await startPostgres();
  await using platform = await startPlatform({
    ...{ blobPort: 0, queuePort: 0, tablePort: 0, amqpPort: 0, healthPort: 0 },
    folder: null,
    fileSystem: 'data',
    hubs: ['postgresql-changes', 'mongodb-changes'],
    partitions: 2,
    consumerGroup: 'lake',
    latencyMs: 0,
    log: () => undefined,
  });
  const sql = new Client({ connectionString: server.connectionString });
  await sql.connect();
  await sql.query("create table orders (id bigint primary key, note text); insert into orders values (1, 'there')");

  const runs: HostEvent[] = [];
  let heard = (): void => undefined;
  const { storage, connectionStrings } = platform;
  const env = {
    PATH: process.env['PATH'],
    NODE_PATH: path.resolve('node_modules'),
    ...QUICK,
    CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE","create":true}]',
    SHOP_DATABASE: server.connectionString,
  };
  await using fleet = await Fleet.start({
    script: path.join(app.directory, 'dist/host-process.js'),
    app: app.directory,
    env: appEnvironment(env, connectionStrings, 'data', storage.connectionString),
    count: 1,
    httpPort: null,
    onEvent: (event) => {
      if (event.kind === 'timer') runs.push(event);
      heard();
    },
  });
  expect(await fleet.functions()).toEqual([
    ...['ingestPostgres', 'ingestMongo', 'capturePostgres'],
    ...['weeklyMaintenance', 'dailyCompleteness', 'status'],
  ]);

  const lake = new LakeReader(storage.connectionString);
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    while (!(await isSo())) await new Promise<void>((resolve) => (heard = resolve));
  };
  const landed = async (): Promise<number> => ((await lake.visible()).length === 0 ? 0 : (await lake.lines()).length);
  await until(async () => (await landed()) >= 1);
  for (let run = 1; run <= 2; run += 1) {
    await sql.query('insert into orders values ($1, $2)', [run + 1, `in run ${run}`]);
    await until(async () => (await landed()) >= run + 1);
    const before = runs.length;
    await until(() => Promise.resolve(runs.length > before));
  }
  await fleet.stop();
  await sql.end();
  expect(runs.map((run) => run.kind === 'timer' && [run.function, run.error])).toEqual(
    runs.map(() => ['capturePostgres', null]),
  );
  const lines = (await lake.lines()).map(({ raw }) => JSON.parse(raw) as Record<string, { operation: string }>);
  expect(lines.map(({ change }) => change?.operation).sort()).toEqual(['create', 'create', 'read']);
}, 120_000);
