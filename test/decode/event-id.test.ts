import { eventIdOf } from '../../src/lib/decode/event-id';
import { recognise } from '../../src/lib/decode/recognise';
import * as changeStream from './events/change-stream';
import * as debezium from './events/debezium';

const idOf = (text: string, properties: Readonly<Record<string, unknown>> = {}): string | null => {
  const value = JSON.parse(text) as unknown;
  return eventIdOf(properties, value, recognise(value, text));
};

const source = (facts: object): string =>
  JSON.stringify({
    ...{ before: null, after: { id: 1 }, op: 'c' },
    source: { version: '1', connector: 'postgresql', name: 'shop', db: 'web', history: 2, ...facts },
  });

describe("an event of our capture is known by its property's text", () => {
  const id = '7123456789012345678/shop/2/00000000016E9768/1';

  test('where the body states the history that the id is of', () => {
    expect(idOf(source({}), { eventId: id })).toBe(id);
    const document = changeStream.insert.replace(
      /\}$/,
      ',"source":{"version":"1","connector":"mongodb","name":"carts","history":1}}',
    );
    expect(idOf(document, { eventId: 'carts/1/8265' })).toBe('carts/1/8265');
  });

  test.each([
    ['constant', source({}), 'constant'],
    ['a number', source({}), 5],
    ['empty', source({}), ''],
    ['of another server', source({ name: 'shop_b' }), id],
    ['of another history', source({ history: 3 }), id],
    ['beside a body that states no history', source({ history: undefined }), id],
    ['beside a body of another sender', source({ version: '3.0.0.Final' }), id],
    ['beside a body of Debezium', debezium.postgresCreate, id],
    ['beside a bare value', '"text"', id],
  ])('and by nothing where that is %s', (_name, text, eventId) => {
    expect(idOf(text, { eventId })).toBeNull();
  });
});

describe('a document of a change stream is known by its resume token', () => {
  test('alone, or with the server and the history that it states', () => {
    expect(idOf(changeStream.insert)).toBe(changeStream.RESUME_TOKEN);
    const stated = (facts: string): string => changeStream.insert.replace(/\}$/, `,"source":{${facts}}}`);
    expect(idOf(stated('"name":"carts"'))).toBe(`carts/${changeStream.RESUME_TOKEN}`);
    expect(idOf(stated('"name":"carts","history":3'))).toBe(`carts/3/${changeStream.RESUME_TOKEN}`);
  });

  test('whatever its sender put into the property eventId', () => {
    expect(idOf(changeStream.insert, { eventId: 'constant' })).toBe(changeStream.RESUME_TOKEN);
  });

  test.each([
    [
      'that is no text in hexadecimal, as other products have it',
      changeStream.insert.replace(changeStream.RESUME_TOKEN, 'W3sidG9rZW4i'),
    ],
    ['of a document that is no change', '{"_id":{"_data":"8265"},"name":"x"}'],
    ['of a change that is not known', '{"_id":{"_data":"8265"},"operationType":"x"}'],
  ])('but not by one %s', (_name, text) => {
    expect(idOf(text)).toBeNull();
  });
});

describe('a CloudEvent is known by its source and its id', () => {
  const event = (facts: object): string => JSON.stringify({ specversion: '1.0', source: '/a', id: '1', ...facts });

  test('together: another source may use the same ids', () => {
    expect(idOf(event({}))).toBe('/a 1');
    expect(idOf(event({ source: '/b' }))).toBe('/b 1');
  });

  test.each([
    ['of Debezium, which gives one id to all rows of a snapshot', debezium.cloudEventNewType],
    ['of a connector that is not known', event({ iodebeziumconnector: 'mysql', iodebeziumop: 'r' })],
    ['around an event of Debezium', event({ data: JSON.parse(debezium.postgresCreate) as unknown })],
    ['without a source', event({ source: undefined })],
    ['with spaces in its source', event({ source: 'a b' })],
    ['whose id is a number', event({ id: 5 })],
    ['without its mark', event({ specversion: undefined })],
  ])('but not one %s', (_name, text) => {
    expect(idOf(text)).toBeNull();
  });
});

test('an event that names none has none', () => {
  expect(idOf(debezium.postgresCreate)).toBeNull();
  expect(idOf('{"_id":"6741a1b2c3d4e5f607182930"}')).toBeNull();
});
