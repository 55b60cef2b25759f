import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { frame, unframe } from './frames';

/** What the compiler has to say about a file. */
export interface Diagnostic {
  readonly source: string;
  readonly range: { readonly start: { readonly line: number; readonly char: number } };
  readonly level: string;
  readonly code: string;
  readonly message: string;
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The compiler as one process that answers questions: ten times as fast as one process for each file. */
export interface Session extends AsyncDisposable {
  /** @throws Error with what the compiler said, or when it ends before it answers */
  ask(method: string, params: object): Promise<unknown>;
}

/** @param home where the compiler may keep what it likes; its environment is bare, because files of parameters can read it */
export function startSession(program: string, home: string): Session {
  const env = { PATH: process.env['PATH'], HOME: home, DOTNET_BUNDLE_EXTRACT_BASE_DIR: join(tmpdir(), 'bicep-bundle') };
  const child = spawn(program, ['jsonrpc', '--stdio'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map<
    number,
    { readonly done: (value: unknown) => void; readonly failed: (error: Error) => void }
  >();
  const fail = (error: Error): void => {
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  child.once('error', fail);
  child.once('close', () => fail(new Error('the Bicep compiler ended before it answered')));
  child.stdin.on('error', fail);

  let left: Buffer = Buffer.alloc(0);
  child.stdout.on('data', (bytes: Buffer) => {
    const { messages, rest } = unframe(Buffer.concat([left, bytes]));
    left = rest;
    for (const { id = 0, result, error } of messages as readonly Answer[]) {
      const asker = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asker?.done(result);
      else asker?.failed(new Error(`the Bicep compiler: ${error.message}`));
    }
  });

  let count = 0;
  return {
    ask: async (method, params) =>
      await new Promise((done, failed) => {
        count += 1;
        waiting.set(count, { done, failed });
        child.stdin.write(frame({ jsonrpc: '2.0', id: count, method, params }));
      }),
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
