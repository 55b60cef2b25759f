import { messagesOf } from '../../../local/platform/messages';

/** As the built programs make it: `error` came while `suppressed` was on its way. */
const suppressing = (suppressed: Error, error: Error): Error =>
  Object.assign(new Error(), { name: 'SuppressedError', suppressed, error });

test('what failed comes first, then what failed in clearing up', () => {
  const twice = suppressing(
    suppressing(new Error('it broke'), new Error('could not close')),
    new Error('could not delete'),
  );
  expect(messagesOf(twice)).toEqual(['it broke', 'could not close', 'could not delete']);
});

test('any other error is its message, and whatever else was thrown its text', () => {
  expect(messagesOf(new Error('one'))).toEqual(['one']);
  expect(messagesOf('text')).toEqual(['text']);
});
