import { type Namespace } from '../../../src/lib/maintenance/checkpoints/port';
import { hub, HERE, MONGO, POSTGRES, REAL_CODE, type RunOptions, type World } from './world';
import { accessTo, silent, withStatus } from './wire';

/**
 * Situations that look like death and are none. Each runs the clean-up and returns what must be there afterwards; what is not
 * among the blobs then was deleted wrongly.
 */
export type Scenario = (world: World, options: RunOptions) => Promise<readonly string[]>;

/** Records of both hubs of ours, as a host that runs keeps them. */
async function ours(world: World, namespace = HERE): Promise<string[]> {
  const names: string[] = [];
  for (const [name, count] of [
    [POSTGRES, 3],
    [MONGO, 2],
  ] as const) {
    for (let partition = 0; partition < count; partition += 1) {
      names.push(...(await world.host(name, 'lake', String(partition), '7', namespace)));
    }
  }
  return names;
}

/** Does something right after the namespace has answered for the second time that a hub is gone. */
function afterGone(act: () => Promise<unknown>): (namespace: Namespace) => Namespace {
  let gone = 0;
  return (namespace) => ({
    group: namespace.group,
    async hub(name) {
      const answer = await namespace.hub(name);
      if (answer.answer === 'gone' && ++gone === 2) await act();
      return answer;
    },
  });
}

/** What comes in between must have come. */
function happened(kept: readonly string[]): readonly string[] {
  if (kept.length === 0) throw new Error('nothing was done in between');
  return kept;
}

export const SCENARIOS = {
  async 'the name of the namespace does not resolve'(world, options) {
    const kept = await ours(world, 'namespace.invalid');
    const access = accessTo(5672, 'namespace.invalid');
    await world.clean({ ...options, access, scope: { namespace: 'namespace.invalid' } });
    return kept;
  },

  async 'nobody listens'(world, options) {
    const kept = await ours(world);
    const { port } = await silent().then(async (server) => (await server[Symbol.asyncDispose](), server));
    await world.clean({ ...options, access: accessTo(port) });
    return kept;
  },

  async 'whoever listens never answers'(world, options) {
    const kept = await ours(world);
    await using deaf = await silent();
    await world.clean({ ...options, access: accessTo(deaf.port), questionMs: 200 });
    return kept;
  },

  async 'the key is wrong'(world, options) {
    const kept = await ours(world);
    await using relay = await withStatus(world.hubs.port, 202, 401);
    await world.clean({ ...options, access: accessTo(relay.port) });
    return kept;
  },

  async 'the key is wrong for one hub alone, which is there'(world, options) {
    const kept = await ours(world);
    await using relay = await withStatus(world.hubs.port, 202, 401);
    const refused = (options.code ?? REAL_CODE).hubNamespace(accessTo(relay.port), 5000);
    const between = (namespace: Namespace): Namespace => ({
      hub: (name) => (name === MONGO ? refused : namespace).hub(name),
      group: (name, ...rest) => (name === MONGO ? refused : namespace).group(name, ...rest),
    });
    await world.clean({ ...options, between });
    return kept;
  },

  async 'groups cannot be asked for'(world, options) {
    const kept = await ours(world);
    await using relay = await withStatus(world.hubs.port, 202, 401);
    const refused = (options.code ?? REAL_CODE).hubNamespace(accessTo(relay.port), 5000);
    await world.clean({ ...options, between: ({ hub: askHub }) => ({ hub: askHub, group: refused.group }) });
    return kept;
  },

  async 'the service is throttled'(world, options) {
    const kept = await ours(world);
    await using relay = await withStatus(world.hubs.port, 200, 503);
    await world.clean({ ...options, access: accessTo(relay.port) });
    return kept;
  },

  async 'another namespace bears the name, and none of our hubs'(world, options) {
    const kept = await ours(world);
    for (const name of [POSTGRES, MONGO]) world.hubs.deleteHub(name);
    world.hubs.createHub(hub('orders', 1));
    await world.clean(options);
    return kept;
  },

  async 'hubs of other namespaces, and other hubs of this one, are gone'(world, options) {
    const kept = [
      ...(await world.host(POSTGRES, 'lake', '0', '7', 'other.servicebus.windows.net')),
      ...(await world.host('orders', 'lake', '0')),
      ...(await world.host('orders', '$Default', '99')),
      await world.legacy('Other.servicebus.windows.net/Orders/$Default/0', 3),
      await world.legacy(`${HERE}/Orders/$Default/0`, 3),
      ...(await world.host(POSTGRES, 'lake', '0')),
    ];
    await world.clean(options);
    return kept;
  },

  async 'blobs that are no records'(world, options) {
    world.hubs.deleteHub(MONGO);
    const kept = [
      await world.put('notes.txt', 'kept by hand'),
      await world.put(`${HERE}/${MONGO}/lake/checkpoint/0/notes`, ''),
      await world.put(`${HERE}/${MONGO}/lake/lease/0`, ''),
      await world.put(`${HERE}/${MONGO}/lake/checkpoint/last`, ''),
      await world.put(`${HERE}/MongoDB-Changes/lake/checkpoint/1`, ''),
    ];
    await world.clean(options);
    return kept;
  },

  async 'a record is renewed between look and deletion'(world, options) {
    world.hubs.deleteHub(MONGO);
    await world.host(MONGO, 'lake', '0');
    let kept: string[] = [];
    const renew = afterGone(async () => (kept = await world.host(MONGO, 'lake', '0', '8')));
    await world.clean({ ...options, between: renew });
    return happened(kept);
  },

  async 'a hub is made anew once its end is proven, and read'(world, options) {
    world.hubs.deleteHub(MONGO);
    for (const partition of ['0', '1']) await world.host(MONGO, 'lake', partition);
    let kept: string[] = [];
    const anew = afterGone(async () => {
      world.hubs.createHub(hub(MONGO, 2));
      kept = [...(await world.host(MONGO, 'lake', '0', '0')), ...(await world.host(MONGO, 'lake', '1', '0'))];
    });
    await world.clean({ ...options, between: anew });
    return happened(kept);
  },

  async 'a hub is made anew between two pages, and read'(world, options) {
    world.hubs.deleteHub(MONGO);
    await world.host(MONGO, 'lake', '0');
    const kept: string[] = [];
    const afterPage = async (): Promise<void> => {
      if (kept.length > 0) return;
      world.hubs.createHub(hub(MONGO, 2));
      kept.push(...(await world.host(MONGO, 'lake', '1', '0')));
    };
    await world.clean({ ...options, pageSize: 1, afterPage });
    return happened(kept);
  },

  async 'the namespace says not-found for a moment'(world, options) {
    const kept = await ours(world);
    let questions = 0;
    const absent: Namespace['hub'] = () => Promise.resolve({ answer: 'gone' });
    const between = (namespace: Namespace): Namespace => ({
      hub: (name) => (name === MONGO && ++questions === 1 ? absent(name) : namespace.hub(name)),
      group: namespace.group,
    });
    await world.clean({ ...options, between });
    return kept;
  },

  async 'a partition has been quiet for long'(world, options) {
    // Nothing tells a record's age but the blob's own time, and for this clock that is long ago.
    const kept = await ours(world);
    await world.clean({ ...options, clock: { now: () => Date.now() + 400 * 86_400_000 } });
    return kept;
  },

  async 'legacy records that reading still begins at, or that are leased'(world, options) {
    const kept = [
      await world.legacy(`${HERE}/PostgreSQL-Changes/Lake/0`, 8),
      await world.legacy(`${HERE}/PostgreSQL-Changes/Lake/1`, 8),
      await world.legacy(`${HERE}/PostgreSQL-Changes/Lake/2`, 1),
      await world.put(`${HERE}/MongoDB-Changes/Lake/0`, 'no JSON'),
      await world.put(`${HERE}/MongoDB-Changes/Lake/1`, ''),
      ...(await world.host(POSTGRES, 'lake', '0', '7')),
      ...(await world.host(POSTGRES, 'lake', '2', '7')),
      ...(await world.host(MONGO, 'lake', '0', '7')),
    ];
    const leased = world.container.getBlobClient(`${HERE}/PostgreSQL-Changes/Lake/2`).getBlobLeaseClient();
    await leased.acquireLease(60);
    await world.clean(options);
    await leased.releaseLease();
    return kept;
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

/** What a scenario's run deleted that it must not. */
export async function wronglyRemoved(world: World, name: ScenarioName, options: RunOptions = {}): Promise<string[]> {
  await world.reset();
  const scenarios: Readonly<Record<ScenarioName, Scenario>> = SCENARIOS;
  const kept = await scenarios[name](world, options);
  const names = await world.names();
  return kept.filter((name) => !names.includes(name));
}
