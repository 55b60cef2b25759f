import { cut, hang, loseAnswer, status } from '../../../local/storage/faults';
import { hasCode } from '../../../src/lib/errors';
import { total } from '../../../src/lib/maintenance/checkpoints/result';
import { hub, HERE, MONGO, POSTGRES, World } from './world';
import { silent, accessTo } from './wire';

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => world.reset());

const AZURE = 'other.servicebus.windows.net';

/** A container that several share and in which all kinds of records are; what is to be done with each. */
async function shared(): Promise<Record<string, string>> {
  world.hubs.deleteHub(POSTGRES);
  world.hubs.createHub(hub(POSTGRES, 2, ['lake', 'audit']));
  const expected: Record<string, string> = {};
  const foresee = (did: string, ...names: readonly string[]): void => {
    for (const name of names) expected[name] = did;
  };
  foresee('left live', ...(await world.host(POSTGRES, 'lake', '0', '90')), ...(await world.host(MONGO, 'lake', '1')));
  // The hub once had more partitions.
  foresee('removed partition_gone', ...(await world.host(POSTGRES, 'lake', '2')));
  foresee('removed partition_gone', ...(await world.host(POSTGRES, '$Default', '31')));
  // A group of others that is in one of the hubs alone.
  foresee('foreign other_group', ...(await world.host(POSTGRES, 'audit', '0')));
  foresee('removed group_gone', ...(await world.host(MONGO, 'audit', '0')));
  foresee('foreign other_group', ...(await world.host(MONGO, '$Default', '0')));
  foresee('foreign other_hub', ...(await world.host('invoices', 'lake', '0')));
  foresee('foreign other_namespace', ...(await world.host(POSTGRES, 'lake', '0', '7', AZURE)));
  foresee('removed legacy_superseded', await world.legacy(`${HERE}/PostgreSQL-Changes/Lake/0`, 90));
  foresee('removed legacy_superseded', await world.legacy(`${HERE}/${POSTGRES}/lake/0`, '"89"'));
  foresee('left legacy_needed', await world.legacy(`${HERE}/POSTGRESQL-CHANGES/lake/0`, 91));
  foresee('left legacy_needed', await world.legacy(`${HERE}/POSTGRESQL-CHANGES/lake/1`, 0));
  foresee('left legacy_unreadable', await world.put(`${HERE}/MongoDB-Changes/Lake/1`, '{}'));
  foresee('removed group_gone', await world.legacy(`${HERE}/MongoDB-Changes/Audit/0`, 3));
  foresee('foreign other_group', await world.legacy(`${HERE}/MongoDB-Changes/$Default/0`, 3));
  foresee('foreign other_namespace', await world.legacy(`Other.ServiceBus.windows.net/Orders/$Default/0`, 3));
  foresee('left not_a_record', await world.put('notes.txt', 'kept by hand'));
  foresee('left not_a_record', await world.put(`${HERE}/${MONGO}/audit/lease/0`, ''));
  return expected;
}

const removedOf = (did: Readonly<Record<string, string>>): string[] =>
  Object.keys(did).filter((name) => did[name]?.startsWith('removed '));

test('each record of a shared account is looked at once, and only what is proven dead goes', async () => {
  const expected = await shared();
  const { result, did } = await world.clean();
  expect(did).toEqual(expected);
  expect(await world.names()).toEqual(
    Object.keys(expected)
      .filter((name) => !removedOf(expected).includes(name))
      .sort(),
  );
  expect(result).toEqual({
    dryRun: false,
    complete: true,
    lookedAt: Object.keys(expected).length,
    removed: { partition_gone: 4, group_gone: 3, legacy_superseded: 2 },
    left: { live: 4, legacy_needed: 2, legacy_unreadable: 1, not_a_record: 2 },
    foreign: { other_group: 5, other_hub: 2, other_namespace: 3 },
    toArchive: [],
  });
  expect(result.lookedAt).toBe(total(result.removed) + total(result.left) + total(result.foreign));
});

test('a dry run tells the same and deletes nothing', async () => {
  const expected = await shared();
  const before = await world.names();
  world.proxy.forgetRequests();
  const { result, did } = await world.clean({ dryRun: true });
  expect(did).toEqual(
    Object.fromEntries(Object.entries(expected).map(([name, what]) => [name, what.replace('removed', 'would_remove')])),
  );
  expect(result).toMatchObject({ dryRun: true, removed: { partition_gone: 4, group_gone: 3, legacy_superseded: 2 } });
  expect(await world.names()).toEqual(before);
  expect(new Set(world.proxy.requests.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD']));
});

test('page by page it comes to the same', async () => {
  const expected = await shared();
  world.proxy.forgetRequests();
  const { did } = await world.clean({ pageSize: 12 });
  expect(did).toEqual(expected);
  expect(world.proxy.requests.filter(({ operation }) => operation === 'listBlobs').length).toBeGreaterThan(2);
});

test('a hub that is gone loses the records of every group, and its ledgers are told to be archived', async () => {
  const dead = [
    ...(await world.host(MONGO, 'lake', '0')),
    ...(await world.host(MONGO, '$Default', '1')),
    await world.legacy(`${HERE}/MongoDB-Changes/$Default/1`, 3),
  ];
  const alive = await world.host(POSTGRES, 'lake', '0');
  world.hubs.deleteHub(MONGO);
  const { result, did } = await world.clean();
  expect(removedOf(did).sort()).toEqual(dead.sort());
  expect(result.removed).toEqual({ hub_gone: 5 });
  expect(result.toArchive).toEqual([{ namespace: HERE, hub: MONGO }]);
  expect(await world.names()).toEqual(alive);
});

test('a hub made anew keeps its records, however old, and is not told to be archived', async () => {
  const kept = await world.host(MONGO, 'lake', '0', '123456');
  world.hubs.deleteHub(MONGO);
  world.hubs.createHub(hub(MONGO, 1));
  const { result, did } = await world.clean();
  expect(did).toEqual(Object.fromEntries(kept.map((name) => [name, 'left live'])));
  expect(result.toArchive).toEqual([]);
});

test('what cannot be asked is left with what came instead of an answer, and nothing is to be archived', async () => {
  await world.host(MONGO, 'lake', '0');
  await using deaf = await silent();
  const { result, actions } = await world.clean({ access: accessTo(deaf.port), questionMs: 200 });
  expect(result).toMatchObject({ left: { unknown: 2 }, toArchive: [] });
  expect(actions[0]?.detail).toContain('no answer within 0.2 s');
});

test('of a namespace of which all is gone, nothing goes and nothing is to be archived', async () => {
  await world.host(MONGO, 'lake', '0');
  for (const name of [POSTGRES, MONGO]) world.hubs.deleteHub(name);
  expect((await world.clean()).result).toMatchObject({ left: { namespace_unproven: 2 }, removed: {}, toArchive: [] });
});

test('a namespace with nothing of ours is asked for hubs to be archived alone', async () => {
  await world.host('invoices', 'lake', '0');
  const asked: string[] = [];
  const { result } = await world.clean({
    between: ({ hub: askHub, group }) => ({
      hub: (name) => (asked.push(name), askHub(name)),
      group: (name, ...rest) => (asked.push(`${name}'s group`), group(name, ...rest)),
    }),
  });
  expect(result.foreign).toEqual({ other_hub: 2 });
  expect(asked).toEqual([POSTGRES, MONGO]);
});

describe('storage that fails', () => {
  const dead = async (): Promise<string[]> => {
    const names = [...(await world.host(MONGO, 'lake', '0')), ...(await world.host(MONGO, 'lake', '1'))];
    world.hubs.deleteHub(MONGO);
    return names;
  };

  test.each([
    ['refused', status(403, { code: 'AuthorizationPermissionMismatch' }), 'status 403'],
    ['throttled', status(503), 'status 503'],
    ['cut', cut(), 'no answer'],
    ['never answered', hang(), 'no answer within 0.5 s'],
  ])('a deletion that is %s leaves that record, and the others go', async (_, action, detail) => {
    const [first = ''] = await dead();
    world.proxy.add({ operation: 'deleteBlob', path: first, times: Infinity, action });
    const { result, actions } = await world.clean({ requestMs: 500 });
    expect(result).toMatchObject({ removed: { hub_gone: 3 }, left: { failed: 1 } });
    expect(actions.find(({ name }) => name === first)?.detail).toContain(detail);
    expect(await world.names()).toEqual([first]);
  });

  test('a deletion whose answer was lost is one', async () => {
    const [first = ''] = await dead();
    const fault = world.proxy.add({ operation: 'deleteBlob', path: first, action: loseAnswer() });
    const { result } = await world.clean();
    expect(fault.hits).toBe(1);
    expect(result).toMatchObject({ removed: { hub_gone: 4 } });
    expect(result.left).toEqual({});
  });

  test('a listing that is refused ends the run, and says what to do', async () => {
    await dead();
    world.proxy.add({ operation: 'listBlobs', times: Infinity, action: status(403) });
    const thrown = await world.clean().then(
      () => null,
      (error: unknown) => error,
    );
    expect(hasCode(thrown, 'STORAGE_FAILED')).toBe(true);
    expect(String(thrown)).toContain('Storage Blob Data Owner');
  });

  test('without a container there is nothing to look at', async () => {
    await world.container.delete();
    expect((await world.clean()).result).toMatchObject({ complete: true, lookedAt: 0 });
  });
});

describe('bounds', () => {
  test('once its time is up it begins nothing more, and the next run does the rest', async () => {
    for (const partition of ['0', '1', '2', '3', '4']) await world.host(MONGO, 'lake', partition);
    world.hubs.deleteHub(MONGO);
    let removals = 0;
    const cutShort = await world.clean({
      clock: { now: () => (removals >= 3 ? 1000 : 0) },
      budgetMs: 500,
      atOnce: 1,
      tell: ({ did }) => void (removals += did === 'removed' ? 1 : 0),
    });
    expect(cutShort.result).toMatchObject({
      complete: false,
      removed: { hub_gone: 3 },
      left: { out_of_time: 7 },
      toArchive: [],
    });
    expect((await world.clean()).result).toMatchObject({ complete: true, removed: { hub_gone: 7 } });
  });

  test('pages that there was no time for are not asked for', async () => {
    for (const partition of ['0', '1']) await world.host(MONGO, 'lake', partition);
    let looks = 0;
    const clock = { now: () => (looks >= 1 ? 1000 : 0) };
    const { result } = await world.clean({
      clock,
      budgetMs: 500,
      atOnce: 1,
      pageSize: 1,
      tell: () => void (looks += 1),
    });
    expect(result).toMatchObject({ complete: false, lookedAt: 1 });
  });

  test.each([1, 3])('no more than %d questions are under way at once', async (atOnce) => {
    for (const group of ['a', 'b', 'c', 'd', 'e']) await world.host(MONGO, group, '0');
    let now = 0;
    let most = 0;
    const counted = async <T>(promise: () => Promise<T>): Promise<T> => {
      most = Math.max(most, (now += 1));
      return promise().finally(() => void (now -= 1));
    };
    const { result } = await world.clean({
      atOnce,
      between: ({ hub: askHub, group }) => ({
        hub: (name) => counted(() => askHub(name)),
        group: (...names) => counted(() => group(...names)),
      }),
    });
    expect(result.removed).toEqual({ group_gone: 10 });
    expect(most).toBe(atOnce);
  });
});

test('no connection is left behind', async () => {
  await shared();
  await world.clean();
  await world.hubs.idle();
});
