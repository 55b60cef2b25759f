import {
  beginningOf,
  CommittedTransactions,
  lastTransactionJson,
  LogProof,
  OtherLog,
  parseLastTransaction,
  type LastTransaction,
} from '../../../src/lib/capture/postgresql/log-proof';

const PUBLICATIONS = ['change_lake', 'change_lake_inserts'];

const transaction = (commitLsn: bigint, transactionId = Number(commitLsn)): LastTransaction => ({
  ...{ commitLsn, transactionId, committedAtUs: 1_764_158_400_000_123n + commitLsn },
  publications: PUBLICATIONS,
});

test.each([
  ['nothing was captured yet: from where the slot stands', null, 30n, { from: 30n, known: null }],
  ['nothing was captured yet, and the slot went back: from where capture began', null, 10n, { from: 20n, known: null }],
  ['the slot has confirmed it: from the slot on', transaction(50n), 51n, { from: 51n, known: null }],
  ['the slot still has it: it must come again', transaction(50n), 50n, { from: 50n, known: transaction(50n) }],
  ['the slot stands far before it: so it must', transaction(50n), 10n, { from: 50n, known: transaction(50n) }],
  [
    'other publications may not have it: from what is safe on',
    { ...transaction(50n), publications: ['former'] },
    10n,
    { from: 90n, known: null },
  ],
])('%s', (_what, last, slotLsn, beginning) => {
  expect(beginningOf({ startLsn: 20n, safeLsn: 90n, last }, slotLsn, PUBLICATIONS)).toEqual(beginning);
});

test.each([
  ['another transaction at its place', { ...transaction(50n), transactionId: 7 }],
  ['the same id at another time', { ...transaction(50n), committedAtUs: 7n }],
  ['the next one', transaction(51n)],
])('%s is not the known one', (_what, begun) => {
  const proof = new LogProof(transaction(50n));
  expect(() => proof.begin(begun)).toThrow(OtherLog);
  expect(proof.isProven).toBe(false);
});

test('the known transaction proves the log once; those behind it are new', () => {
  const proof = new LogProof(transaction(50n));
  proof.reach(50n);
  expect(proof.isProven).toBe(false);
  expect(proof.begin(transaction(50n))).toBe(true);
  expect(proof.isProven).toBe(true);
  proof.reach(90n);
  expect(proof.begin(transaction(91n))).toBe(false);
});

test('a log that has come further without the known transaction is another one', () => {
  expect(() => new LogProof(transaction(50n)).reach(51n)).toThrow(OtherLog);
});

test('the last transaction before a position ends at or before it', () => {
  const committed = new CommittedTransactions(transaction(10n), PUBLICATIONS);
  expect(committed.lastBefore(15n)).toEqual(transaction(10n));
  for (const commitLsn of [20n, 30n, 40n]) committed.add({ ...transaction(commitLsn), endLsn: commitLsn + 5n });
  expect(committed.lastBefore(24n)).toEqual(transaction(10n));
  expect(committed.lastBefore(35n)).toEqual(transaction(30n));
  expect(committed.lastBefore(35n)).toEqual(transaction(30n));
  expect(committed.lastBefore(99n)).toEqual(transaction(40n));
});

test.each([
  null,
  { ...transaction(2n ** 64n - 1n, 4_294_967_295), committedAtUs: 2n ** 63n - 1n },
  { ...transaction(1n), committedAtUs: -1n },
])('%p is read as it was written', (last) => {
  expect(parseLastTransaction(JSON.parse(JSON.stringify(lastTransactionJson(last))))).toEqual(last);
});

test.each([
  undefined,
  7,
  {},
  { commitLsn: '0/1', transactionId: 1.5, committedAtUs: '1', publications: [] },
  { commitLsn: '0/1', transactionId: 1, committedAtUs: 1, publications: [] },
  { commitLsn: '0/1', transactionId: 1, committedAtUs: '1' },
])('%j is none', (value) => {
  expect(parseLastTransaction(value)).toBeUndefined();
});
