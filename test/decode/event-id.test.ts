import { eventIdOf } from '../../src/lib/decode/event-id';
import { RESUME_TOKEN, insert } from './events/change-stream';
import { cloudEventNewType, postgresCreate } from './events/debezium';

describe('the id of an event', () => {
  test('is the property eventId before anything in the body', () => {
    expect(eventIdOf({ eventId: 'order-7' }, JSON.parse(insert))).toBe('order-7');
  });

  test('is the resume token of a change-stream document', () => {
    expect(eventIdOf({}, JSON.parse(insert))).toBe(RESUME_TOKEN);
  });

  test('is the id of a CloudEvent', () => {
    expect(eventIdOf({}, JSON.parse(cloudEventNewType))).toBe('name:test_server;lsn:29274832;txId:565');
  });

  test.each([
    ['an event that names none', {}, JSON.parse(postgresCreate)],
    ['a document whose _id is its own', {}, { _id: '6741a1b2c3d4e5f607182930' }],
    ['an id without the mark of a CloudEvent', {}, { id: '5' }],
    ['an id that is a number', { eventId: 5 }, { specversion: '1.0', id: 5 }],
    ['empty text', { eventId: '' }, null],
    ['a bare value', {}, 'text'],
  ])('is null for %s', (_name, properties, value) => {
    expect(eventIdOf(properties, value)).toBeNull();
  });
});
