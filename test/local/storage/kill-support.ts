import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

/** A storage in a process of its own, over the state in a folder. */
export interface Child extends AsyncDisposable {
  readonly connectionString: string;
  readonly port: number;
  readonly queuePort: number;
  readonly tablePort: number;
  kill(): Promise<void>;
}

/** Bundles the child once, beside the state of its storage. */
export async function childIn(folder: string): Promise<() => Promise<Child>> {
  const file = path.join(folder, 'child.js');
  await build({
    entryPoints: [path.join(__dirname, 'kill-child.ts')],
    bundle: true,
    platform: 'node',
    packages: 'external',
    outfile: file,
  });
  return () => start(file, path.join(folder, 'storage'));
}

async function start(file: string, data: string): Promise<Child> {
  const child: ChildProcess = spawn(process.execPath, [file, data], {
    env: { PATH: process.env['PATH'], NODE_PATH: path.resolve('node_modules') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no output');
  const exited = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error('the storage ended'))),
  ])) as [string];
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { ...(JSON.parse(line) as Omit<Child, 'kill'>), kill, [Symbol.asyncDispose]: kill };
}
