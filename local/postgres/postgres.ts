import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serverAccount } from './account';
import { asAccount } from './as-account';
import { binaryFolder, type PostgresVersion } from './binaries';
import { openCluster, PASSWORD, USER } from './cluster';
import { freePort } from './free-port';
import { startGuard, type Guard } from './guard';
import { startPostmaster, type Postmaster } from './postmaster';
import { HOST, settingArguments, type Settings } from './settings';

export interface PostgresOptions {
  /** 18 when left out. */
  readonly version?: PostgresVersion;
  /** Any free one when left out. */
  readonly port?: number;
  /** Where the data is kept between runs; a temporary folder when left out. */
  readonly folder?: string;
  /** Settings of postgresql.conf over those that every such server has. */
  readonly settings?: Settings;
  /** Gets each line of the server's log. */
  readonly log?: (line: string) => void;
}

const FREE_PORT_TRIES = 5;
const GRACE_MS = 5_000;

/**
 * Starts a PostgreSQL server that listens on 127.0.0.1 alone. It does not outlive this process, whatever ends that.
 *
 * @throws Error that says what is missing, or with the server's own last words
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<LocalPostgres> {
  const { version = 18, folder = null, settings = {}, log = () => undefined } = options;
  const binaries = binaryFolder(version);
  const account = serverAccount();
  const home = folder === null ? await mkdtemp(path.join(tmpdir(), 'change-lake-postgres-')) : path.resolve(folder);
  const guard = startGuard(folder === null ? 'QUIT' : 'INT', folder === null ? home : null);
  try {
    const data = await openCluster(binaries, home, account);
    const program = path.join(binaries, 'postgres');
    const start = async (port: number) => {
      const args = ['-D', data, '-p', String(port), ...settingArguments(folder === null, settings)];
      const postmaster = startPostmaster(asAccount(program, args, account, [home]), log);
      guard.watch(postmaster.pid);
      await postmaster.ready;
      return postmaster;
    };
    const { port, postmaster } = await listen(start, options.port ?? null);
    return new LocalPostgres(port, postmaster, () => start(port), guard, folder === null);
  } catch (error) {
    await guard.dismiss();
    throw error;
  }
}

async function listen(start: (port: number) => Promise<Postmaster>, fixedPort: number | null) {
  for (let tries = 1; ; tries++) {
    const port = fixedPort ?? (await freePort(HOST));
    try {
      return { port, postmaster: await start(port) };
    } catch (error) {
      // A port that was free a moment ago may be another program's by now.
      const taken = String(error).includes('Address already in use');
      if (!taken || fixedPort !== null || tries === FREE_PORT_TRIES) throw error;
    }
  }
}

/** A PostgreSQL server on this machine. */
export class LocalPostgres implements AsyncDisposable {
  /** Of the superuser, in the database `postgres`. */
  readonly connectionString: string;
  readonly port: number;
  readonly #start: () => Promise<Postmaster>;
  readonly #guard: Guard;
  readonly #isTemporary: boolean;
  #postmaster: Postmaster;
  #stopped: Promise<void> | null = null;

  constructor(
    port: number,
    postmaster: Postmaster,
    start: () => Promise<Postmaster>,
    guard: Guard,
    isTemporary: boolean,
  ) {
    this.port = port;
    this.#postmaster = postmaster;
    this.#start = start;
    this.#guard = guard;
    this.#isTemporary = isTemporary;
    this.connectionString = `postgresql://${USER}:${PASSWORD}@${HOST}:${port}/postgres`;
  }

  /** Ends it and every connection, and removes a temporary folder. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  /** Ends it as an administrator would, unless it has ended, and starts it at the same port with the same data. */
  async restart(): Promise<void> {
    await this.#shutDown('SIGINT');
    this.#postmaster = await this.#start();
  }

  /** What a crash does. `restart` recovers from it. Resolves once every process of the server is gone. */
  async kill(): Promise<void> {
    await this.#shutDown('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    // Nobody will read a temporary server's data, so they need not be written out.
    await this.#shutDown(this.#isTemporary ? 'SIGQUIT' : 'SIGINT');
    await this.#guard.dismiss();
  }

  async #shutDown(signal: NodeJS.Signals): Promise<void> {
    const postmaster = this.#postmaster;
    postmaster.signal(signal);
    // With SIGINT the server waits for whoever reads a replication slot, and that may have stopped reading.
    const impatient = setTimeout(() => postmaster.signal('SIGQUIT'), GRACE_MS);
    await postmaster.gone;
    clearTimeout(impatient);
    this.#guard.watch(null);
  }
}
