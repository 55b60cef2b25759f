import { codeName } from './error-codes';

/** What a command is refused with; the reply carries the code, its name and, for some, labels. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: number;
  /** Null: those that the server gives to the code. */
  readonly labels: readonly string[] | null;

  constructor(code: number, message: string, labels: readonly string[] | null = null) {
    super(message);
    this.code = code;
    this.labels = labels;
  }

  get codeName(): string {
    return codeName(this.code);
  }
}

/** The server would do it; the stand-in says so instead of guessing. */
export const notBuilt = (what: string): CommandError =>
  new CommandError(238, `${what} is not built into this MongoDB stand-in: see docs/local-mongodb.md`);

export const badValue = (message: string): CommandError => new CommandError(2, message);

export const typeMismatch = (where: string, expected: string): CommandError =>
  new CommandError(14, `BSON field '${where}' is the wrong type; expected type '${expected}'`);

export const missing = (where: string): CommandError =>
  new CommandError(40414, `BSON field '${where}' is missing but a required field`);

export const namespaceNotFound = (namespace: string): CommandError =>
  new CommandError(26, `ns not found: ${namespace}`);

export const cursorNotFound = (id: bigint): CommandError => new CommandError(43, `cursor id ${String(id)} not found`);

export const unsupportedOpQuery = (name: string): CommandError =>
  new CommandError(
    352,
    `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade. For more details see https://dochub.mongodb.org/core/legacy-opcode-removal`,
  );

export const notPrimary = (): CommandError => new CommandError(10107, 'not primary');

export const notPrimaryNoSecondaryOk = (): CommandError => new CommandError(13435, 'not primary and secondaryOk=false');

export const interruptedByStepDown = (): CommandError =>
  new CommandError(11602, 'operation was interrupted because the replica set changed its primary');

export const interruptedAtShutdown = (): CommandError => new CommandError(11600, 'interrupted at shutdown');

export const historyLost = (): CommandError =>
  new CommandError(286, 'Resume of change stream was not possible, as the resume point may no longer be in the oplog.');

export const positionLost = (): CommandError =>
  new CommandError(136, 'CollectionScan died due to position in capped collection being deleted.');

export const writeConflict = (): CommandError =>
  new CommandError(112, 'Write conflict during plan execution and yielding is disabled. Please retry your operation.');
