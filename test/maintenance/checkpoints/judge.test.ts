import { judge, type Answers } from '../../../src/lib/maintenance/checkpoints/judge';
import { parseRecordName } from '../../../src/lib/maintenance/checkpoints/name';
import { type HubPresence, type Presence } from '../../../src/lib/maintenance/checkpoints/port';
import { ownScope, type Scope } from '../../../src/lib/maintenance/checkpoints/scope';
import { accessTo } from './wire';

const SCOPE: Scope = { namespace: 'ours.example.net', hubs: ['Orders', 'carts'], consumerGroup: 'Lake' };
const there: HubPresence = { answer: 'there', partitions: ['0', '1'] };
const gone = { answer: 'gone' } as const;
const unknown = { answer: 'unknown', why: 'no answer' } as const;
const NOTHING = 'no question';

/** Of a record, what is judged where hub and group answer so; `other` is what the other hub answers. */
function judged(
  name: string,
  hub: HubPresence,
  group: Presence | typeof NOTHING = NOTHING,
  other: HubPresence = there,
) {
  const answers: Answers = {
    proven: hub.answer === 'there' || other.answer === 'there',
    hub: () => hub,
    group: () => {
      if (group === NOTHING) throw new Error('the group does not matter here');
      return group;
    },
  };
  const verdict = judge(parseRecordName(name), SCOPE, answers);
  return 'reason' in verdict ? `${verdict.do} ${verdict.reason}` : verdict.do;
}

const CHECKPOINT = 'ours.example.net/orders/lake/checkpoint/1';
const LEGACY = 'OURS.example.net/ORDERS/LAKE/1';

test.each([
  ['not ours', 'other.example.net/orders/lake/checkpoint/1', 'foreign other_namespace'],
  ['not ours', 'OTHER.example.net/Orders/lake/1', 'foreign other_namespace'],
  ['not ours', 'ours.example.net/invoices/lake/checkpoint/1', 'foreign other_hub'],
  ['not ours', 'ours.example.net/orders-2/lake/1', 'foreign other_hub'],
  ['no record', 'ours.example.net/orders/lake/checkpoint', 'leave not_a_record'],
])('%s: %s, though everything is gone: %s', (_, name, verdict) => {
  expect(judged(name, gone, gone)).toBe(verdict);
});

test.each<[string, HubPresence, Presence | typeof NOTHING, HubPresence, string]>([
  ['all there', there, there, there, 'leave live'],
  ['the hub gone', gone, NOTHING, there, 'remove hub_gone'],
  ['the hub gone and the other, too', gone, NOTHING, gone, 'leave namespace_unproven'],
  ['the hub gone and the other unknown', gone, NOTHING, unknown, 'leave namespace_unproven'],
  ['the hub unknown', unknown, NOTHING, there, 'leave unknown'],
  ['all unknown', unknown, NOTHING, unknown, 'leave unknown'],
  ['the group gone', there, gone, gone, 'remove group_gone'],
  ['the group unknown', there, unknown, there, 'leave unknown'],
  ['the partition beyond the count', { answer: 'there', partitions: ['0'] }, NOTHING, there, 'remove partition_gone'],
])('with %s', (_, hub, group, other, verdict) => {
  expect(judged(CHECKPOINT, hub, group, other)).toBe(verdict);
  expect(judged(CHECKPOINT.replace('checkpoint', 'ownership'), hub, group, other)).toBe(verdict);
  expect(judged(LEGACY, hub, group, other)).toBe(verdict === 'leave live' ? 'compare' : verdict);
});

test('another group of our hub is reported while it is there, its legacy records, too, and goes when it is gone', () => {
  const names = ['ours.example.net/orders/$default/checkpoint/1', 'ours.example.net/Orders/$Default/1'];
  expect(names.map((name) => judged(name, there, there))).toEqual(['foreign other_group', 'foreign other_group']);
  expect(names.map((name) => judged(name, there, gone))).toEqual(['remove group_gone', 'remove group_gone']);
});

test('the scope names the namespace as records do: without its port', () => {
  const hubs = { postgresql: 'orders', mongodb: 'carts' };
  expect(ownScope({ eventHubs: accessTo(5673), hubs, consumerGroup: 'lake' })).toEqual({
    namespace: 'localhost',
    hubs: ['orders', 'carts'],
    consumerGroup: 'lake',
  });
  const eventHubs = { kind: 'identity', fullyQualifiedNamespace: 'ours.example.net', clientId: null } as const;
  expect(ownScope({ eventHubs, hubs, consumerGroup: 'lake' }).namespace).toBe('ours.example.net');
});
