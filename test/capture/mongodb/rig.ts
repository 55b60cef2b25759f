import { type Db } from 'mongodb';
import { captureMongo, type Ended, type MongoRoom } from '../../../src/lib/capture/mongodb/capture';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { type SnapshotTold } from '../../../src/lib/capture/mongodb/snapshot';
import { parseState, stateJson, type MongoState } from '../../../src/lib/capture/mongodb/state';
import { type CapturedEvent, type ChangeSink } from '../../../src/lib/capture/port';
import { Secret } from '../../../src/lib/config/secret';
import { PipelineError } from '../../../src/lib/errors';
import { openDeployment, openStandIn, type Deployment, type StandIn } from '../../local/mongodb/support';
import { type MongoOptions } from '../../../local/mongodb/mongodb';

/** Canonical Extended JSON, parsed as plain JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** An event that was accepted. */
export interface Seen extends CapturedEvent {
  readonly json: Json & { readonly operationType?: string };
}

/** A hub that accepts what is flushed; tests make it refuse, or hold what it was given. */
export class FakeHub implements ChangeSink {
  readonly seen: Seen[] = [];
  readonly accepted = { events: 0, batches: 0, bytes: 0 };
  /** Everything that was put, accepted or not. */
  puts = 0;
  refusal: Error | null = null;
  /** While set, nothing that was put is accepted. */
  held: Promise<void> | null = null;
  /** Called with each event that is put: a promise makes whoever puts wait. */
  onPut: ((event: CapturedEvent) => Promise<void> | undefined) | null = null;
  #waiting: Seen[] = [];
  #heard: (() => void)[] = [];

  put(event: CapturedEvent): Promise<void> | undefined {
    if (this.refusal !== null) throw this.refusal;
    this.puts += 1;
    this.#waiting.push({ ...event, json: JSON.parse(event.body.toString()) as Seen['json'] });
    return this.onPut?.(event);
  }

  async flush(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    if (this.held !== null) await this.held;
    if (this.refusal !== null) throw this.refusal;
    this.seen.push(...batch);
    for (const heard of this.#heard.splice(0)) heard();
  }

  /** What was put and not accepted is gone, as when the process has died. */
  forget(): void {
    this.#waiting = [];
  }

  /** Resolves once what was accepted is as `isSo` says. */
  async until(isSo: (seen: readonly Seen[]) => boolean): Promise<void> {
    while (!isSo(this.seen)) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }

  /** Each event once. */
  get once(): Seen[] {
    return [...new Map(this.seen.map((event) => [event.eventId, event])).values()];
  }
}

/** What is kept in the lake, here in memory; shared by runs after each other. */
export class FakeProgress {
  kept: MongoState | null = null;
  /** Thrown instead of keeping anything. */
  failure: Error | null = null;
  #version = 0;
  #heard: (() => void)[] = [];

  open(): MongoRoom['progress'] {
    let version = this.#version;
    const at = (): MongoState | null => this.kept;
    return {
      get state() {
        return at();
      },
      keep: (state) => {
        if (this.failure !== null) return Promise.reject(this.failure);
        if (version !== this.#version) return Promise.reject(new PipelineError('CAPTURE_OVERTAKEN', 'in a test'));
        version = this.#version += 1;
        // By way of the file that it is in the lake.
        this.kept = parseState(JSON.parse(JSON.stringify(stateJson(state))));
        for (const heard of this.#heard.splice(0)) heard();
        return Promise.resolve();
      },
    };
  }

  /** Resolves once what is kept is as `isSo` says. */
  async until(isSo: (state: MongoState) => boolean): Promise<void> {
    while (this.kept === null || !isSo(this.kept)) await new Promise<void>((resolve) => this.#heard.push(resolve));
  }
}

export interface Run {
  readonly ended: Promise<Ended>;
  stop(): Promise<Ended>;
  abort(): Promise<Ended>;
}

/** A database of its own on a deployment, with runs of capture on it. */
export class Rig<D extends Deployment = Deployment> implements AsyncDisposable {
  readonly hub = new FakeHub();
  readonly progress = new FakeProgress();
  readonly snapshots: SnapshotTold[] = [];
  readonly database: MongoDatabase;
  readonly #runs: Run[] = [];

  private constructor(readonly deployment: D) {
    this.database = {
      name: 'shop',
      connectionString: new Secret(hasty(deployment.uri)),
      database: deployment.db.databaseName,
      collections: null,
      fullDocument: 'updateLookup',
      preImages: 'off',
      snapshot: 'never',
    };
  }

  /** The replica set that MONGODB_TEST_URI names, or a stand-in. */
  static async open(): Promise<Rig> {
    return new Rig(await openDeployment());
  }

  /** A stand-in, whose server a test makes fail. */
  static async openStandIn(options: MongoOptions = {}): Promise<Rig<StandIn>> {
    return new Rig(await openStandIn(options));
  }

  get db(): Db {
    return this.deployment.db;
  }

  /** Starts a run. */
  run(database: Partial<MongoDatabase> = {}, room: Partial<MongoRoom> = {}): Run {
    const [stop, abort] = [new AbortController(), new AbortController()];
    const whole: MongoRoom = {
      sink: this.hub,
      progress: this.progress.open(),
      onSnapshot: (told) => this.snapshots.push(told),
      onCommit: () => undefined,
      onOplogWindow: () => undefined,
      ...room,
    };
    const until = { stop: stop.signal, abort: abort.signal };
    const ended = captureMongo({ ...this.database, ...database }, whole, until);
    ended.catch(() => undefined);
    const end = (controller: AbortController): Promise<Ended> => {
      controller.abort();
      return ended;
    };
    const run = { ended, stop: () => end(stop), abort: () => end(abort) };
    this.#runs.push(run);
    return run;
  }

  /** Lets a run begin and end, so that what happens from now on is captured. */
  async begin(database: Partial<MongoDatabase> = {}): Promise<void> {
    const run = this.run(database);
    await Promise.race([this.progress.until(() => true), run.ended]);
    await run.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) await run.abort().catch(() => undefined);
    await this.deployment[Symbol.asyncDispose]();
  }
}

/** A server that was given up is looked at again soon. */
const hasty = (uri: string): string => `${uri}${uri.includes('?') ? '&' : '/?'}heartbeatFrequencyMS=500`;

/** The operations that were accepted, with the `_id` of each document that has a number for one. */
export const story = (events: readonly Seen[]): string[] =>
  events.map(({ json }) => {
    const id = (json['documentKey'] as { _id?: { $numberInt?: string } } | undefined)?._id?.$numberInt;
    return [json.operationType, ...(id === undefined ? [] : [id])].join(' ');
  });

/** Without what is told of whole collections and databases. */
export const ofDocuments = (events: readonly Seen[]): Seen[] =>
  events.filter(({ json }) => json['documentKey'] !== undefined);
