import { type Change } from '../../../src/lib/decode/change';
import * as debezium from '../events/debezium';
import { recogniseText, customers, tickets, cloudEvent } from './facts';

describe('a Debezium event of PostgreSQL', () => {
  test.each<[string, string, Change]>([
    ['a create, with microseconds', debezium.postgresCreate, customers],
    [
      'an update in a schema wrapper, of a version that knew only milliseconds',
      debezium.postgresUpdateWithSchema,
      {
        ...customers,
        operation: 'update',
        server: 'PostgreSQL_server',
        database: 'postgres',
        committedTime: '2019-05-28T08:58:24.863Z',
        transactionId: '556',
      },
    ],
    ['a delete', debezium.postgresDelete, { ...customers, operation: 'delete' }],
    ['a row of a snapshot', debezium.postgresRead, { ...customers, operation: 'read' }],
    [
      'a truncate',
      debezium.postgresTruncate,
      {
        ...customers,
        operation: 'truncate',
        committedTime: '2019-05-28T08:58:24.863Z',
        position: '00000000/02C5E2F8', // 46,523,128
        transactionId: '557',
      },
    ],
    [
      'a logical message, which belongs to no table',
      debezium.postgresMessage,
      {
        ...customers,
        operation: 'message',
        schema: null,
        table: null,
        committedTime: '2019-05-28T08:58:24.863Z',
        position: '00000000/02C5E2F8',
        transactionId: null,
      },
    ],
    [
      'integers beyond 2^53, exactly',
      debezium.postgresBeyond53Bits,
      { ...customers, position: '00200000/00000001', transactionId: '9223372036854775807' },
    ],
    ['an unwrapped record, whatever its columns are called', debezium.unwrappedUpdate, tickets],
    [
      'an unwrapped delete in a schema wrapper, its fields named after their block',
      debezium.unwrappedDeleteWithSchema,
      { ...tickets, operation: 'delete', committedTime: '2026-09-29T21:19:02.118Z', transactionId: null },
    ],
    ['a CloudEvent of the older type', debezium.cloudEventOldType, cloudEvent],
    [
      'a CloudEvent of the newer type, the transaction only in its block',
      debezium.cloudEventNewType,
      { ...cloudEvent, operation: 'create', committedTime: '2020-01-13T13:55:39.738941Z' },
    ],
    [
      'a CloudEvent with its own time alone',
      debezium.cloudEventOldType.replace('"iodebeziumtsms": "1578923739738", ', ''),
      cloudEvent,
    ],
    ['an envelope that a relay put into a CloudEvent', debezium.cloudEventAroundEnvelope, customers],
    [
      'an event with its place in its transaction',
      debezium.postgresCreate.replace(
        /}\s*$/,
        ',"transaction":{"id":"555:24023128","total_order":4,"data_collection_order":1}}',
      ),
      { ...customers, index: 4 },
    ],
    [
      'an event of our own capture, placed by its commit',
      '{"before":null,"after":{"id":1},"source":{"version":"1","connector":"postgresql","name":"shop","ts_ms":1764158400000,"snapshot":"false",' +
        '"db":"shop","ts_us":1764158400000123,"schema":"public","table":"orders","txId":755,"lsn":24023128,"commit_lsn":18446744073709551615,"history":3},' +
        '"op":"c","ts_ms":1764158400050,"transaction":{"id":"755:18446744073709551615","total_order":12}}',
      {
        ...{ operation: 'create', server: 'shop', database: 'shop', schema: 'public', table: 'orders' },
        ...{
          committedTime: '2025-11-26T12:00:00.000123Z',
          history: 3,
          position: 'FFFFFFFF/FFFFFFFF',
          index: 12,
          transactionId: '755',
        },
      },
    ],
  ])('%s', (_name, text, expected) => {
    expect(recogniseText(text)).toEqual(expected);
  });
});
