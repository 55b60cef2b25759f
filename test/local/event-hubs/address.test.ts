import { parseAddress, type Address } from '../../../local/event-hubs/address';

test.each<[string, Address | null]>([
  ['$cbs', { kind: 'cbs' }],
  ['$CBS', { kind: 'cbs' }],
  ['/$management', { kind: 'management' }],
  ['postgresql-changes', { kind: 'hub', hub: 'postgresql-changes' }],
  ['hub/partitions/3', { kind: 'partition', hub: 'hub', partition: '3' }],
  ['/hub/ConsumerGroups/%24Default/Partitions/31', { kind: 'reader', hub: 'hub', group: '$Default', partition: '31' }],
  ['hub/CONSUMERGROUPS/lake/partitions/0', { kind: 'reader', hub: 'hub', group: 'lake', partition: '0' }],
  ['100%/Partitions/0', { kind: 'partition', hub: '100%', partition: '0' }],
  ['', null],
  ['hub/', null],
  ['hub/Partitions', null],
  ['hub/Partition/0', null],
  ['hub/ConsumerGroups/lake/Partition/0', null],
  ['hub/ConsumerGroup/lake/Partitions/0', null],
  ['a/b/c/d/e/f', null],
])('%s', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});
