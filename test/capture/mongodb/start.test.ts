import { MongoServerError } from 'mongodb';
import { type MongoDatabase } from '../../../src/lib/capture/mongodb/database';
import { isResumable, sourceFailure } from '../../../src/lib/capture/mongodb/failure';
import { isSameDeployment, type ServerFacts } from '../../../src/lib/capture/mongodb/server';
import { judgeStart } from '../../../src/lib/capture/mongodb/start';
import { Secret } from '../../../src/lib/config/secret';
import { PipelineError } from '../../../src/lib/errors';

const database: MongoDatabase = {
  name: 'shop',
  connectionString: new Secret('mongodb://capture:p%40ssword@localhost/?replicaSet=rs0'),
  setting: 'CARTS',
  database: 'shop',
  collections: null,
  fullDocument: 'updateLookup',
  preImages: 'off',
  snapshot: 'initial',
};
const facts: ServerFacts = { kind: 'replicaSet', deployment: 'rs0:ab', time: { seconds: 5, increment: 1 } };

describe('capture begins', () => {
  test('now, with a snapshot where one is wanted', () => {
    expect(judgeStart(database, facts, null)).toMatchObject({
      deployment: 'rs0:ab',
      startTime: { seconds: 5, increment: 1 },
      resume: null,
      snapshot: {
        time: { seconds: 5, increment: 1 },
        only: null,
        done: [],
        collection: null,
        after: null,
        documents: 0,
      },
    });
    expect(judgeStart({ ...database, snapshot: 'never' }, facts, null).snapshot).toBeNull();
  });

  test('as it was left', () => {
    const resume = { token: '{}', time: { seconds: 9, increment: 1 }, kind: 'event' } as const;
    const state = { ...judgeStart(database, facts, null), resume };
    expect(judgeStart(database, { ...facts, time: { seconds: 9, increment: 1 } }, state)).toBe(state);
  });

  test('not on a standalone server', () => {
    const standalone: ServerFacts = { kind: 'standalone', deployment: 'standalone', time: null };
    expect(() => judgeStart(database, standalone, null)).toThrow(
      /^SOURCE_NOT_READY: MongoDB shop: this is a standalone server.*rs\.initiate/,
    );
  });

  test('not on a deployment that states no time', () => {
    expect(() => judgeStart(database, { kind: 'sharded', deployment: 'sharded', time: null }, null)).toThrow(
      /^SOURCE_NOT_READY: MongoDB shop: the deployment states no operation time/,
    );
  });

  test('not on one that was put back behind what was captured of it', () => {
    const resume = { token: '{}', time: { seconds: 9, increment: 2 }, kind: 'idle' } as const;
    const state = { ...judgeStart(database, facts, null), resume };
    expect(judgeStart(database, { ...facts, time: { seconds: 9, increment: 2 } }, state)).toBe(state);
    expect(() => judgeStart(database, { ...facts, time: { seconds: 9, increment: 1 } }, state)).toThrow(
      /^SOURCE_HISTORY_LOST: MongoDB shop: the deployment's time \(9:1\) lies before what was captured of it \(9:2\)/,
    );
    expect(judgeStart(database, { ...facts, kind: 'sharded' }, state)).toBe(state);
  });

  test('not on another deployment', () => {
    const state = judgeStart(database, facts, null);
    expect(() => judgeStart(database, { ...facts, deployment: 'rs0:cd' }, state)).toThrow(
      /^SOURCE_HISTORY_LOST: MongoDB shop: this is another deployment \(rs0:cd\).*npm run capture -- reset mongodb shop/,
    );
  });

  test('not with a name of the whole deployment that names no database', () => {
    const whole = { ...database, database: null, collections: ['shop.orders', 'orders'] };
    expect(() => judgeStart(whole, facts, null)).toThrow(/^SOURCE_NOT_READY: .*orders.*database\.collection/);
  });
});

test('deployments are told apart by their ids, where both are known', () => {
  expect(isSameDeployment('rs0:ab', 'rs0:ab')).toBe(true);
  expect(isSameDeployment('rs0:ab', 'rs0')).toBe(true);
  expect(isSameDeployment('rs0:ab', 'rs0:cd')).toBe(false);
  expect(isSameDeployment('rs0', 'rs1')).toBe(false);
});

describe('a failure', () => {
  const server = (code: number, errmsg = 'what the server says', labels: string[] = []): MongoServerError =>
    new MongoServerError({ ok: 0, code, codeName: 'Name', errmsg, errorLabels: labels });
  const told = (error: unknown): PipelineError => sourceFailure(database, 'capture its changes', error);

  test.each([
    [286, 'SOURCE_HISTORY_LOST', false],
    [280, 'SOURCE_HISTORY_LOST', false],
    [260, 'SOURCE_HISTORY_LOST', false],
    [13, 'SOURCE_NOT_READY', false],
    [40_573, 'SOURCE_NOT_READY', false],
    [40_648, 'SOURCE_HISTORY_LOST', false],
    [47, 'SOURCE_NOT_READY', false],
    [10_334, 'SOURCE_NOT_READY', false],
    [18, 'SOURCE_FAILED', true],
    [11_602, 'SOURCE_FAILED', true],
  ])('of code %i is %s', (code, expected, retryable) => {
    const error = told(server(code));
    expect(error).toMatchObject({ code: expected, retryable });
    expect(error.message).toContain(`MongoDB shop: `);
    expect(error.message).toContain(`${code} Name, what the server says`);
  });

  test.each([2, 115, 166, 224, 303, 304, 8_000, 40_324, 40_415, 6_188_501])(
    'of code %i, which no retry mends, says what is missing',
    (code) => {
      const error = told(server(code));
      expect(error).toMatchObject({ code: 'SOURCE_NOT_READY', retryable: false });
      expect(error.message).toMatch(/\. The (?:user|server) |\. This deployment does not support|\. Name collections/);
    },
  );

  test('that is ours already stays as it is', () => {
    const ours = new PipelineError('EVENT_HUBS_FAILED', 'x');
    expect(told(ours)).toBe(ours);
  });

  test('shows no secret, and no resume token', () => {
    const { connectionString } = database;
    const token = '82'.repeat(30);
    const { message } = told(
      server(11_602, `${connectionString.reveal()} capture:p%40ssword p@ssword {_data: "${token}"}\nmore`),
    );
    expect(message).not.toMatch(/p@ssword|p%40ssword|8282|capture:|more/);
    expect(message).toContain('_data: "…"');
  });

  test('is one to go on after, where the server or the driver says so', () => {
    expect(isResumable(server(11_602, '', ['ResumableChangeStreamError']))).toBe(true);
    for (const code of [43, 136, 237]) expect(isResumable(server(code))).toBe(true);
    for (const code of [286, 280, 13]) expect(isResumable(server(code))).toBe(false);
    expect(isResumable(new Error('x'))).toBe(false);
  });
});
