import { namedParts } from './platform/app-settings';
import { platformCommand, withFreePorts, type PlatformOptions } from './platform/command';
import { untilInterrupted } from './platform/interrupt';
import { addresses, explained, healthOf, openDatabases, openPlatform } from './platform/run';

/**
 * `npm run local`: the platform on this machine, until Ctrl-C: what `func start`, Storage Explorer and the SDKs find at the
 * ports of Azurite and of the Event Hubs emulator.
 */

const command = platformCommand(
  'npm run local --',
  'Starts Event Hubs, a storage account (Azurite, and the Data Lake API in front of it), PostgreSQL and MongoDB on 127.0.0.1.',
);

async function main(options: PlatformOptions): Promise<void> {
  await using platform = await openPlatform(options, namedParts(process.env));
  await using databases = await openDatabases(options);
  const connectionStrings = { ...platform.connectionStrings, ...databases?.connectionStrings };
  if (options.json) console.log(JSON.stringify({ ...connectionStrings, health: healthOf(platform) }));
  else console.log(`Ready: ${addresses(platform, databases, options)}. Ctrl-C ends it.`);
  await untilInterrupted();
}

const options = withFreePorts(command.parse().opts<PlatformOptions>());
main(options).catch((error: unknown) => {
  console.error(explained(error, options));
  process.exitCode = 1;
});
