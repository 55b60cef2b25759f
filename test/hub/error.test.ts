import { hubError } from '../../src/lib/hub/error';

const place = { namespace: 'example.servicebus.windows.net', hub: 'postgresql-changes', timeoutMs: 5000 };

const thrown = (code: string, retryable?: boolean) => Object.assign(new Error('not shown'), { code, retryable });

test.each<[string, unknown, string, boolean]>([
  ['a missing hub', thrown('MessagingEntityNotFoundError'), 'no such hub', false],
  ['a wrong key', thrown('UnauthorizedError'), 'that access is refused', false],
  ['a name that does not resolve', thrown('ENOTFOUND'), 'no connection (ENOTFOUND)', true],
  ['a time-out', thrown('OperationTimeoutError', true), 'no answer within 5 s', true],
  ['an abort', Object.assign(new Error('x'), { name: 'AbortError' }), 'no answer within 5 s', true],
  [
    'no identity',
    Object.assign(new Error('x'), { name: 'CredentialUnavailableError' }),
    'that access is refused',
    false,
  ],
  ['something the SDK will not retry', thrown('QuotaExceededError', false), 'QuotaExceededError', false],
  ['something unknown', thrown('StrangeError'), 'StrangeError', true],
  [
    'several tries',
    new AggregateError([thrown('ECONNRESET'), thrown('UnauthorizedError')]),
    'that access is refused',
    false,
  ],
  ['nothing that is an error', 'text', 'an unknown failure', true],
])('%s is told by what was found', (_, error, found, retryable) => {
  const told = hubError(error, place);
  expect(told.message).toContain(
    `Event Hubs namespace example.servicebus.windows.net, hub postgresql-changes: found ${found}; expected the hub's properties.`,
  );
  expect([told.code, told.retryable, told.cause]).toEqual(['EVENT_HUBS_FAILED', retryable, error]);
});
