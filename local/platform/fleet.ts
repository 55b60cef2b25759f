import { setTimeout as sleep } from 'node:timers/promises';
import { type HostEvent } from '../host/host';
import { SpawnedHost } from '../host/spawn-host';

/** How the instances are to be. */
export interface FleetSettings {
  /** The built host-process.js. */
  readonly script: string;
  /** The built app. */
  readonly app: string;
  /** The whole environment of each instance. */
  readonly env: NodeJS.ProcessEnv;
  readonly count: number;
  /** Of the first instance; the others take any free one. Null for none. */
  readonly httpPort: number | null;
  readonly onEvent: (event: HostEvent, instance: number) => void;
  /** What an instance prints: its last words, should it crash. */
  readonly onOutput?: (line: string, instance: number) => void;
}

/** How long a dead instance stays away: as if the platform had to notice first. */
const RESTART_AFTER_MS = 250;

const LOOK_EVERY_MS = 20;

const RUNS_NOTHING = 'The app did not start, so the host runs no function: the lines that it printed say why.';

/** What a partition is named by in a fleet. */
const key = (hub: string, partition: string): string => `${hub}/${partition}`;

/**
 * Several instances of the app, each a process, as the platform keeps them: one that dies is replaced. Knows which of them
 * owns which partition, as far as they have told.
 */
export class Fleet implements AsyncDisposable {
  readonly #settings: FleetSettings;
  readonly #instances: SpawnedHost[] = [];
  readonly #owners = new Map<string, number>();
  /** Instances that have died and are not replaced yet. */
  readonly #dead = new Set<number>();
  #stopping = false;

  private constructor(settings: FleetSettings) {
    this.#settings = settings;
  }

  /**
   * Starts them all and waits until each is ready.
   *
   * @throws Error what the first instance to fail says, or that it runs no function; the others are ended
   */
  static async start(settings: FleetSettings): Promise<Fleet> {
    const fleet = new Fleet(settings);
    try {
      const indexes = Array.from({ length: settings.count }, (_, instance) => instance);
      const ready = await Promise.all(indexes.map((instance) => fleet.#spawn(instance).ready()));
      if (ready.some(({ functions }) => functions.length === 0)) throw new Error(RUNS_NOTHING);
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    for (const instance of fleet.#instances.keys()) void fleet.#replaceWhenDead(instance);
    return fleet;
  }

  get count(): number {
    return this.#settings.count;
  }

  /** Where the first instance serves HTTP functions; null where it does not. */
  async httpPort(): Promise<number | null> {
    return (await this.#instances[0]?.ready())?.httpPort ?? null;
  }

  /** The functions that the app registered. */
  async functions(): Promise<readonly string[]> {
    return ((await this.#instances[0]?.ready())?.functions ?? []).map(({ name }) => name);
  }

  /** The instance that said last that it took the partition; null when nobody has, or its owner died. */
  ownerOf(hub: string, partition: string): number | null {
    return this.#owners.get(key(hub, partition)) ?? null;
  }

  /** Has an instance take a partition at once, from whoever has it; false when the instance could not, or died over it. */
  async steal(instance: number, hub: string, partition: string): Promise<boolean> {
    const thief = this.#instances[instance];
    if (thief === undefined || this.#dead.has(instance)) return false;
    return await thief.steal(hub, partition).then(
      () => true,
      () => false,
    );
  }

  /** Ends an instance with SIGKILL, whatever it is doing; another takes its place. */
  async kill(instance: number): Promise<void> {
    await this.#instances[instance]?.kill();
  }

  /** Resolves once every instance, those that replaced others included, is ready. */
  async ready(): Promise<void> {
    while (this.#dead.size > 0 && !this.#isEnding()) await sleep(LOOK_EVERY_MS);
    await Promise.allSettled(this.#instances.map((instance) => instance.ready()));
  }

  /** Ends them in order: running invocations have `graceMs` to end. */
  async stop(graceMs?: number): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#instances.map((instance) => instance.stop(graceMs)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#instances.map((instance) => instance.kill()));
  }

  #spawn(instance: number): SpawnedHost {
    const { script, app, env, httpPort, onOutput } = this.#settings;
    const host = new SpawnedHost({
      script,
      app,
      env,
      httpPort: httpPort === null || instance === 0 ? httpPort : 0,
      onEvent: (event) => this.#heard(event, instance),
      ...(onOutput === undefined ? {} : { onOutput: (line: string) => onOutput(line, instance) }),
    });
    this.#instances[instance] = host;
    this.#dead.delete(instance);
    void host.exited.then(() => this.#dead.add(instance));
    return host;
  }

  #heard(event: HostEvent, instance: number): void {
    if (event.kind === 'owned') this.#owners.set(key(event.hub, event.partition), instance);
    this.#settings.onEvent(event, instance);
  }

  #isEnding(): boolean {
    return this.#stopping;
  }

  async #replaceWhenDead(instance: number): Promise<void> {
    for (;;) {
      await this.#instances[instance]?.exited;
      for (const [partition, owner] of this.#owners) if (owner === instance) this.#owners.delete(partition);
      if (this.#isEnding()) return;
      await sleep(RESTART_AFTER_MS);
      // Ended meanwhile: a new one would outlive the fleet.
      if (this.#isEnding()) return;
      // One that fails to start is tried again, as the platform does; what it said is on its output.
      await this.#spawn(instance)
        .ready()
        .catch(() => undefined);
    }
  }
}
