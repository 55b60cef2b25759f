import { loadApp } from './load-app';
import { type Batch, type Call, type LogLine, type Worker } from './worker';

/**
 * A Functions worker in a process of its own, driven over Node's IPC channel: `node worker-process.js <app directory>`.
 * The app's exceptions, memory and death are then its own, as in the real host. See spawn-worker.ts for the other end.
 */

export type WorkerCommand =
  | { readonly id: number; readonly do: 'load' }
  | { readonly id: number; readonly do: 'start' }
  | { readonly id: number; readonly do: 'terminate' }
  /** Replies with what the library makes of the result for the host. */
  | { readonly id: number; readonly do: 'call'; readonly name: string; readonly call: Call }
  /** Replies with what the function returns. */
  | { readonly id: number; readonly do: 'invoke'; readonly name: string; readonly batch: Batch };

export type WorkerMessage =
  | { readonly kind: 'log'; readonly line: LogLine }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: Thrown };

interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
}

const directory = process.argv[2] ?? process.cwd();
let worker: Worker | undefined;

async function obey(command: WorkerCommand): Promise<unknown> {
  if (command.do === 'load') {
    worker = loadApp(directory, (line) => send({ kind: 'log', line }));
    return { functions: worker.functions, hooks: worker.hooks };
  }
  if (worker === undefined) throw new Error('Load the app first.');
  switch (command.do) {
    case 'start':
      await worker.start(directory);
      return null;
    case 'call':
      return (await worker.call(command.name, command.call)).response;
    case 'invoke':
      return await worker.invoke(command.name, command.batch);
    case 'terminate':
      await worker.terminate();
      return null;
    default:
      return command satisfies never;
  }
}

function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message);
}

process.on('message', (command: WorkerCommand) => {
  obey(command).then(
    (value) => send({ kind: 'done', id: command.id, value }),
    (error: unknown) => {
      const { name, message, code } = error as Error & { code?: unknown };
      send({ kind: 'failed', id: command.id, error: { name, message, code } });
    },
  );
});
// The host is gone: so is its worker.
process.on('disconnect', () => process.exit());
