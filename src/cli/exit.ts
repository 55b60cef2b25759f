import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { version } from '../../package.json';
import { PipelineError, type ErrorCode } from '../lib/errors';

/**
 * How every command ends: one rule for all of them, by the cause and not by the command (docs/maintenance.md#exit-status).
 * 0: done, and all is well. 1: events or records are missing or damaged, and named. 2: it could not be done, or not all of it, for a reason
 * outside the data: the command line, a setting, a key, a right, an endpoint. 2 outranks 1, since an answer that is not whole is no answer.
 */

/** Something is missing or damaged, and named. */
export const EXIT_MISSING = 1;
/** It could not be done, or not all of it. */
export const EXIT_FAILED = 2;

const RULE =
  '\nExit status: 0 all is well; 1 something is missing or damaged, and named; ' +
  '2 it could not be done, or not all of it (command line, setting, key, right, endpoint): the message says why.';

/** What an error says about: the data (1), or what stands between the command and the data (2). */
const STATUS: Readonly<Record<ErrorCode, typeof EXIT_MISSING | typeof EXIT_FAILED>> = {
  CONFIG_INVALID: EXIT_FAILED,
  TRIGGER_METADATA_INVALID: EXIT_FAILED,
  LEDGER_DAMAGED: EXIT_MISSING,
  LEDGER_NEWER: EXIT_FAILED,
  LEDGER_MISSING: EXIT_MISSING,
  LEDGER_REBUILT: EXIT_FAILED,
  COMMITTED_FILE_MISSING: EXIT_MISSING,
  NAME_TAKEN: EXIT_MISSING,
  INCARNATION_UNCONFIRMED: EXIT_MISSING,
  HUB_UNDER_OTHER_NAME: EXIT_FAILED,
  SWAP_CONTENTION: EXIT_FAILED,
  ATTEMPT_TIMED_OUT: EXIT_FAILED,
  STORAGE_FAILED: EXIT_FAILED,
  EVENT_HUBS_FAILED: EXIT_FAILED,
  SOURCE_FAILED: EXIT_FAILED,
  SOURCE_NOT_READY: EXIT_FAILED,
  SOURCE_HISTORY_LOST: EXIT_MISSING,
  CAPTURE_OVERTAKEN: EXIT_FAILED,
  CAPTURE_STATE_INVALID: EXIT_MISSING,
  MAINTENANCE_FAILED: EXIT_FAILED,
  LAKE_INCOMPLETE: EXIT_MISSING,
};

/** What an error that ends a command says; one that is not ours is a command line, or was not foreseen. */
export const exitStatusOf = (error: unknown): number =>
  error instanceof PipelineError ? STATUS[error.code] : EXIT_FAILED;

/** Whether a failure that was told by its message is about the data. */
export const isOfData = (message: string): boolean => STATUS[message.split(':', 1)[0] as ErrorCode] === EXIT_MISSING;

/** Says what failed on the standard error output, each once. */
export function tellOnce(messages: Iterable<string>): void {
  for (const message of new Set(messages)) console.error(message);
}

/** Notes how a command ends that goes to its end: what it found, and whether it could look at everything. */
export function conclude({ isMissing = false, isUndone = false }: { isMissing?: boolean; isUndone?: boolean }): void {
  if (isUndone) process.exitCode = EXIT_FAILED;
  else if (isMissing) process.exitCode ??= EXIT_MISSING;
}

/** A program whose commands all end by the rule: made before its commands, which inherit it. */
export const newProgram = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .version(version)
    .addHelpText('afterAll', RULE)
    // Of a command that is not known, too: 1 would say that something is missing.
    .exitOverride();

/** Runs one command line. @returns its exit status; what went wrong is on the standard error output, once */
export async function run(program: Command, words: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  try {
    await program.parseAsync(words, { from: 'user' });
    return noted();
  } catch (error) {
    // Commander has printed its own message already; help and version end so, too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_FAILED;
    console.error(error instanceof Error ? error.message : String(error));
    return exitStatusOf(error);
  }
}

/** Commands note it while they run, which the compiler does not see. */
const noted = (): number => Number(process.exitCode ?? 0);

/** Ends the process as its command line did: the SDKs may leave timers behind. */
export async function main(program: Command): Promise<never> {
  process.exit(await run(program, process.argv.slice(2)));
}

/** For commander: a whole number within bounds, as plain digits without zeros before them. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): string => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return String(value);
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
