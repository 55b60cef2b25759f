import { PipelineError } from '../errors';
import { type Config } from './config';
import { describe, type Fault } from './fault';
import { lookAlikes } from './look-alikes';
import { parseEnvironment } from './parse';
import { applyRules } from './rules';

/** The config, or every fault that stands in its way. */
export type Checked =
  | { readonly config: Config; readonly faults: readonly [] }
  | { readonly config: null; readonly faults: readonly Fault[] };

/** Reads and checks every setting in `env`; never throws. */
export function checkConfig(env: NodeJS.ProcessEnv): Checked {
  const parsed = parseEnvironment(env);
  const judged = applyRules(parsed, env);
  const faults = [...parsed.faults, ...judged.faults, ...lookAlikes(Object.keys(env))];
  if (faults.length > 0 || judged.config === null) return { config: null, faults };
  return { config: deepFreeze(judged.config), faults: [] };
}

/**
 * Reads every setting out of `env` (`process.env`).
 *
 * @throws PipelineError CONFIG_INVALID with every fault, one a line, each by its setting's name, without secrets
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const { config, faults } = checkConfig(env);
  if (config !== null) return config;
  const count = faults.length === 1 ? '1 setting is wrong' : `${faults.length} settings are wrong`;
  const lines = faults.map((fault) => `\n- ${describe(fault)}`).join('');
  throw new PipelineError('CONFIG_INVALID', `${count} (docs/settings.md lists them all):${lines}`);
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value) as unknown[]) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
