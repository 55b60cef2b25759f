import path from 'node:path';
import { appEnvironment, namedParts } from './platform/app-settings';
import { captureSettings } from './platform/databases';
import { platformCommand, port, wholeNumber, withFreePorts, type PlatformOptions } from './platform/command';
import { Fleet } from './platform/fleet';
import { untilInterrupted } from './platform/interrupt';
import { addresses, explained, healthOf, openDatabases, openPlatform, statusPageAt } from './platform/run';
import { isForPeople, told } from './platform/told';
import { localSettings } from './host/local-settings';

/** `npm start`: the platform on this machine with the functions on it, until Ctrl-C. */

interface StartOptions extends PlatformOptions {
  readonly httpPort: number;
  readonly instances: number;
}

/** At Ctrl-C a batch has so long to end, and a run of capture, which would go on for half a minute, is then told to. */
const GRACE_MS = 1_000;

const ROOT = path.resolve(__dirname, '..');

const command = platformCommand('npm start --', 'Starts the platform on 127.0.0.1 and the functions on it.')
  .option('--http-port <port>', 'HTTP functions, of the first instance', port, 7071)
  .option('--instances <n>', 'instances of the app, each a process', wholeNumber(1, 16), 1);

async function main(options: StartOptions): Promise<void> {
  const env = { ...localSettings(ROOT), ...process.env };
  let isReady = false;
  await using platform = await openPlatform(options, namedParts(env), () => isReady);
  await using databases = await openDatabases(options);
  const { storage, connectionStrings } = platform;
  const capture = databases === null ? {} : captureSettings(env, databases.connectionStrings);
  await using fleet = await Fleet.start({
    script: path.join(__dirname, 'host-process.js'),
    app: ROOT,
    env: appEnvironment({ ...env, ...capture }, connectionStrings, options.fileSystem, storage.connectionString),
    count: options.instances,
    httpPort: options.httpPort,
    onEvent: (event, instance) => {
      const line = told(event, instance);
      if (line !== null) console.error(line);
    },
    onOutput: (line) => {
      if (isForPeople(line)) console.error(line);
    },
  });
  isReady = true;
  const functions = (await fleet.functions()).join(', ');
  const http = `http://127.0.0.1:${String(await fleet.httpPort())}`;
  if (options.json)
    console.log(
      JSON.stringify({
        ...{ ...connectionStrings, ...databases?.connectionStrings },
        ...{ http, status: statusPageAt(http), health: healthOf(platform) },
      }),
    );
  else {
    console.log(`Ready: ${functions} run at ${http}, with ${addresses(platform, databases, options)}. Ctrl-C ends it.`);
    console.log(`How it goes: ${statusPageAt(http)}`);
  }
  await untilInterrupted();
  await fleet.stop(GRACE_MS);
}

const parsed = withFreePorts(command.parse().opts<StartOptions>());
const options = parsed.freePorts ? { ...parsed, httpPort: 0 } : parsed;
main(options).catch((error: unknown) => {
  console.error(explained(error, options));
  process.exitCode = 1;
});
