import path from 'node:path';
import { startHost, type Host, type HostEvent } from './host';

/**
 * One instance of the Functions host in a process of its own, driven over Node's IPC channel: `node host-process.js <app directory>`.
 * Its app is in the worker's process, worker-process.js beside this file. See spawn-host.ts for the other end.
 */

export type HostCommand =
  | {
      readonly id: number;
      readonly do: 'start';
      readonly httpPort: number | null;
      readonly functionKey: string | null;
    }
  | { readonly id: number; readonly do: 'steal'; readonly hub: string; readonly partition: string }
  | { readonly id: number; readonly do: 'stop'; readonly graceMs: number };

export type HostReply =
  | { readonly kind: 'event'; readonly event: HostEvent }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

const app = process.argv[2] ?? process.cwd();
let host: Host | undefined;

/** What is left to do after the grace: terminate hooks, giving ownership up. */
const EXIT_AFTER_GRACE_MS = 8_000;

async function obey(command: HostCommand): Promise<unknown> {
  if (command.do === 'start') {
    const workerScript = path.join(__dirname, 'worker-process.js');
    const { httpPort: wanted, functionKey } = command;
    host = await startHost({ workerScript, app, env: process.env, httpPort: wanted, functionKey, onEvent });
    const { instanceId, functions, httpPort } = host;
    return { instanceId, functions, httpPort };
  }
  if (host === undefined) throw new Error('The host has not started.');
  switch (command.do) {
    case 'steal':
      await host.steal(command.hub, command.partition);
      return null;
    case 'stop':
      await stop(host, command.graceMs);
      return null;
    default:
      return command satisfies never;
  }
}

async function stop(running: Host, graceMs?: number): Promise<void> {
  // A graceful end that gets stuck is an end all the same.
  setTimeout(() => process.exit(1), (graceMs ?? 0) + EXIT_AFTER_GRACE_MS).unref();
  await running.stop(graceMs);
}

function onEvent(event: HostEvent): void {
  tell({ kind: 'event', event });
}

function tell(reply: HostReply, then?: () => void): void {
  if (process.connected) process.send?.(reply, undefined, undefined, () => then?.());
}

process.on('message', (command: HostCommand) => {
  obey(command).then(
    (value) => tell({ kind: 'done', id: command.id, value }, command.do === 'stop' ? () => process.exit(0) : undefined),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      tell({ kind: 'failed', id: command.id, message }, command.do === 'start' ? () => process.exit(1) : undefined);
    },
  );
});
// The parent is gone, perhaps killed: so is the host.
process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => {
  if (host === undefined) process.exit();
  void stop(host).finally(() => process.exit());
});
