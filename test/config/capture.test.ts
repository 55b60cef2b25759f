import { checkConfig } from '../../src/lib/config/read';
import { byKey, CANARY } from './environment';

/** The databases to capture, as the settings name them. */

const SHOP = `postgres://capture:${CANARY}@db.example.com/shop`;

const faults = (settings: NodeJS.ProcessEnv): string[] =>
  checkConfig({ ...byKey, ...settings }).faults.map(({ setting, found }) => `${setting}: ${found}`);

test('a name and a connection are enough; all else has its default', () => {
  const { config } = checkConfig({
    ...byKey,
    CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE"}]',
    CAPTURE_MONGODB: '[{"name":"carts","connection":"CARTS","database":"shop","collections":["carts"]}]',
    SHOP_DATABASE: SHOP,
    CARTS: 'mongodb+srv://cluster.example.com',
  });
  const [shop] = config?.capture.postgresql ?? [];
  const [carts] = config?.capture.mongodb ?? [];
  expect(shop).toMatchObject({
    ...{ name: 'shop', publication: 'change_lake', slot: 'change_lake_shop' },
    ...{ create: false, tables: null, snapshot: 'initial' },
  });
  expect(shop?.connectionString.reveal()).toBe(SHOP);
  expect(carts).toMatchObject({
    ...{ name: 'carts', database: 'shop', collections: ['carts'] },
    ...{ fullDocument: 'updateLookup', preImages: 'off', snapshot: 'initial' },
  });
  expect(JSON.stringify(config)).not.toContain(CANARY);
});

test.each<[string, string, string]>([
  ['no JSON', 'shop', 'a text that is not JSON'],
  ['no list', '{"name":"shop","connection":"SHOP_DATABASE"}', 'the whole is not a list'],
  ['a list of texts', '["shop"]', '0 is not an object'],
  ['no connection', '[{"name":"shop"}]', '0.connection is not there: "connection"'],
  [
    'an unknown key',
    '[{"name":"shop","connection":"SHOP_DATABASE","table":"x"}]',
    '0.table is not a key that is known here',
  ],
  [
    'a name that no slot can have',
    '[{"name":"My-Shop","connection":"SHOP_DATABASE"}]',
    '0.name is not a lower-case letter',
  ],
  [
    'a choice that there is not',
    '[{"name":"shop","connection":"SHOP_DATABASE","snapshot":"always"}]',
    '0.snapshot is not "initial" or "never"',
  ],
  [
    'a text for a flag',
    '[{"name":"shop","connection":"SHOP_DATABASE","create":"yes"}]',
    '0.create is not true or false',
  ],
  [
    'a name twice',
    '[{"name":"shop","connection":"SHOP_DATABASE"},{"name":"shop","connection":"SHOP_DATABASE"}]',
    'the name shop twice',
  ],
])('%s is told', (_name, list, found) => {
  const [fault, ...more] = faults({ CAPTURE_POSTGRES: list, SHOP_DATABASE: SHOP });
  expect(fault).toContain(`CAPTURE_POSTGRES: ${found}`);
  expect(more).toEqual([]);
});

test('the address itself in place of the name of its setting is not shown', () => {
  const told = JSON.stringify(
    checkConfig({ ...byKey, CAPTURE_POSTGRES: `[{"name":"shop","connection":"${SHOP}"}]` }).faults,
  );
  expect(told).toContain("0.connection is not a setting's name, not the connection string itself");
  expect(told).not.toContain(CANARY);
});

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['a connection that is not given', {}, 'SHOP_DATABASE: nothing'],
  ['an address of another kind', { SHOP_DATABASE: `mysql://x:${CANARY}@y` }, 'SHOP_DATABASE: a text of another form'],
  ['a run that outlives the function', { SHOP_DATABASE: SHOP, CAPTURE_RUN_SECONDS: '500' }, 'CAPTURE_RUN_SECONDS: 500'],
  [
    'a schedule of five fields',
    { SHOP_DATABASE: SHOP, CAPTURE_SCHEDULE: '*/5 * * * *' },
    'CAPTURE_SCHEDULE: "*/5 * * * *"',
  ],
])('%s is told', (_name, settings, found) => {
  const told = faults({ CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE"}]', ...settings });
  expect(told).toEqual([found]);
  expect(told.join()).not.toContain(CANARY);
});

test('a long run is nobody’s concern where nothing is captured, or where the function may run longer', () => {
  expect(faults({ CAPTURE_RUN_SECONDS: '500' })).toEqual([]);
  const longer = { AzureFunctionsJobHost__functionTimeout: '01:00:00', CAPTURE_RUN_SECONDS: '500' };
  expect(
    faults({ ...longer, CAPTURE_POSTGRES: '[{"name":"shop","connection":"SHOP_DATABASE"}]', SHOP_DATABASE: SHOP }),
  ).toEqual([]);
});
