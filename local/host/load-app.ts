import { globSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker, type LogLine } from './worker';

/**
 * Loads a built app as the Functions worker does: every file that the `main` of its package.json matches, with
 * `@azure/functions-core` provided by patching `require`. The start hooks are left to the caller (`worker.start`).
 *
 * One app to a process, as with the real worker: the library keeps the module that it was given first.
 *
 * @throws where `main` matches no file, or a file fails to load
 */
export function loadApp(directory: string, log?: (line: LogLine) => void): Worker {
  const worker = new Worker(log);
  const prototype = Module.prototype as unknown as { require: (id: string) => unknown };
  prototype.require = new Proxy(prototype.require, {
    apply: (target, thisArg, args: [string]) =>
      args[0] === '@azure/functions-core' ? worker.api : Reflect.apply(target, thisArg, args),
  });

  const { main } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { main?: string };
  const files = main === undefined ? [] : globSync(main, { cwd: directory });
  if (files.length === 0) throw new Error(`Worker was unable to load entry point "${main ?? ''}": no file matches it.`);
  const require = createRequire(join(directory, 'package.json'));
  for (const file of files.sort()) require(join(directory, file));
  return worker;
}
