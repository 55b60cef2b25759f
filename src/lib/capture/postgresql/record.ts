import { type PipelineError } from '../../errors';
import { type Progress } from '../port';
import { withSetAside, type TableSetAside } from '../set-aside';
import { type PostgresState } from './state';

/** What the record needs beside the file: the time, and who logs a table that was set aside, or is read again. */
export interface RecordDeps {
  readonly now: () => number;
  readonly onSetAside: (table: TableSetAside) => void;
}

/**
 * The capture record of one run. Several parts of the run write into it; the writes go one after another, since each replaces the whole file
 * in the version that the one before has made.
 */
export class CaptureRecord {
  readonly #progress: Progress<PostgresState>;
  readonly #deps: RecordDeps;
  #state: PostgresState;
  #written: Promise<void> = Promise.resolve();

  /** @param state what is in the file */
  constructor(progress: Progress<PostgresState>, state: PostgresState, deps: RecordDeps) {
    this.#progress = progress;
    this.#state = state;
    this.#deps = deps;
    for (const table of state.setAside) deps.onSetAside(table);
  }

  get state(): PostgresState {
    return this.#state;
  }

  /**
   * Writes a change of the state down.
   *
   * @throws PipelineError CAPTURE_OVERTAKEN, STORAGE_FAILED: nothing is written any more
   */
  keep(change: Partial<PostgresState>): Promise<void> {
    return this.#write((state) => ({ ...state, ...change }));
  }

  /** Whether nothing of the table (`"public"."orders"`) is to be read. */
  isSetAside(table: string): boolean {
    return this.#state.setAside.some((one) => one.table === table && !one.isRead);
  }

  /**
   * Sets a table aside and logs it; the others go on.
   *
   * @param error what is wrong with it, and its remedy
   * @param isRead whether its changes are captured all the same
   */
  async setAside(table: string, error: PipelineError, isRead = false): Promise<void> {
    const { code, message } = error;
    const item = { table, code, message, sinceMs: this.#deps.now(), isRead };
    await this.#write((state) => ({ ...state, setAside: withSetAside(state.setAside, item) }));
    this.#deps.onSetAside(item);
  }

  /** The trouble of a table that was set aside is over. */
  async takeBack(table: string): Promise<void> {
    if (!this.#state.setAside.some((one) => one.table === table)) return;
    await this.#write((state) => ({ ...state, setAside: state.setAside.filter((one) => one.table !== table) }));
  }

  #write(change: (state: PostgresState) => PostgresState): Promise<void> {
    // A write that failed fails those behind it: what is in the file is no longer known.
    this.#written = this.#written.then(async () => {
      const next = change(this.#state);
      await this.#progress.keep(next);
      this.#state = next;
    });
    this.#written.catch(() => undefined);
    return this.#written;
  }
}
