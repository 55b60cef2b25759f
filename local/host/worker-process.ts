import { loadApp } from './load-app';
import { type Batch, type Worker } from './worker';

/**
 * A Functions worker in a process of its own, driven over Node's IPC channel: `node worker-process.js <app directory>`.
 * The app's exceptions, memory and death are then its own, as in the real host. See spawn-worker.ts for the other end.
 */

export type WorkerCommand =
  | { readonly id: number; readonly do: 'load' }
  | { readonly id: number; readonly do: 'start' }
  | { readonly id: number; readonly do: 'terminate' }
  | { readonly id: number; readonly do: 'invoke'; readonly name: string; readonly batch: Batch };

export interface WorkerReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code: unknown };
}

const directory = process.argv[2] ?? process.cwd();
let worker: Worker | undefined;

async function obey(command: WorkerCommand): Promise<unknown> {
  if (command.do === 'load') {
    worker = loadApp(directory, (line) => process.stdout.write(`${JSON.stringify(line)}\n`));
    return { functions: worker.functions, hooks: worker.hooks };
  }
  if (worker === undefined) throw new Error('Load the app first.');
  switch (command.do) {
    case 'start':
      await worker.start(directory);
      return null;
    case 'invoke':
      return await worker.invoke(command.name, command.batch);
    case 'terminate':
      await worker.terminate();
      return null;
    default:
      return command satisfies never;
  }
}

function reply(message: WorkerReply): void {
  process.send?.(message);
}

process.on('message', (command: WorkerCommand) => {
  obey(command).then(
    (value) => reply({ id: command.id, value }),
    (error: unknown) => {
      const { name, message, code } = error as Error & { code?: unknown };
      reply({ id: command.id, error: { name, message, code } });
    },
  );
});
// The parent is gone: so is the host.
process.on('disconnect', () => process.exit());
