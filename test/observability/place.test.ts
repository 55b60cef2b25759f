import { placeOf } from '../../src/lib/observability/place';

test('the trigger tells where a batch comes from', () => {
  const partitionContext = { eventHubName: 'Changes', partitionId: '3', consumerGroup: 'lake' };
  expect(placeOf('mongodb', { partitionContext })).toEqual({ source: 'mongodb', hub: 'changes', partition: '3' });
});

test.each([
  [undefined],
  [null],
  ['text'],
  [{}],
  [{ partitionContext: null }],
  [{ partitionContext: { eventHubName: 7, partitionId: 'a\nb' } }],
  [{ partitionContext: { eventHubName: 'x'.repeat(300), partitionId: {} } }],
])('what it tells in another form is not told on: %#', (metadata) => {
  expect(placeOf('mongodb', metadata)).toEqual({ source: 'mongodb' });
});
