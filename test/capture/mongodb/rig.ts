import { type Db } from 'mongodb';
import { captureMongo, type MongoRoom } from '../../../src/lib/capture/mongodb/capture';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { parseState, stateJson, type MongoState } from '../../../src/lib/capture/mongodb/state';
import { type CapturedEvent, type Ended, type SlowSnapshot, type SnapshotTold } from '../../../src/lib/capture/port';
import { Secret } from '../../../src/lib/config/secret';
import { FakeHub, FakeProgress, type Run as FakeRun } from '../fakes';
import { openDeployment, openStandIn, type Deployment, type StandIn } from '../../local/mongodb/support';
import { type MongoOptions } from '../../../local/mongodb/mongodb';

/** Canonical Extended JSON, parsed as plain JSON. */
export type Json = Readonly<Record<string, unknown>>;

/** An event that was accepted. */
export interface Seen extends CapturedEvent {
  readonly json: Json & { readonly operationType?: string };
}

export type Run = FakeRun<Ended>;

/** A database of its own on a deployment, with runs of capture on it. */
export class Rig<D extends Deployment = Deployment> implements AsyncDisposable {
  readonly hub = new FakeHub<Seen['json']>();
  readonly progress = new FakeProgress<MongoState>(stateJson, parseState);
  readonly snapshots: SnapshotTold[] = [];
  readonly slow: SlowSnapshot[] = [];
  readonly database: MongoDatabase;
  readonly #runs: Run[] = [];

  private constructor(readonly deployment: D) {
    this.database = {
      name: 'shop',
      connectionString: new Secret(hasty(deployment.uri)),
      setting: 'CARTS',
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
      onSlowSnapshot: (slow) => this.slow.push(slow),
      onCommit: () => undefined,
      now: () => performance.now(),
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
