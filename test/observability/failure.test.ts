import { PipelineError } from '../../src/lib/errors';
import { cleaned, failureOf, operationOf } from '../../src/lib/observability/failure';
import { FailureLimit } from '../../src/lib/observability/failure-limit';
import { parseAuthenticationString } from '../../src/lib/observability/identity';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('an error of ours is told with its code, message, places and the operation of the host', () => {
  const invocation = { invocationId: 'i-1', traceContext: { traceParent: `00-${TRACE}-${SPAN}-01` } };
  const error = new PipelineError('STORAGE_FAILED', 'put _system/staging/x: status 503');
  const failure = failureOf(error, { source: 'mongodb' }, invocation);
  expect(failure).toMatchObject({
    code: 'STORAGE_FAILED',
    type: 'PipelineError',
    message: 'STORAGE_FAILED: put _system/staging/x: status 503',
    properties: { source: 'mongodb', invocationId: 'i-1' },
    operation: { traceId: TRACE, spanId: SPAN },
  });
  expect(failure.stack).toContain('failure.test.ts');
});

test('what another error says is not told: nobody knows what it holds', () => {
  let thrown: unknown;
  try {
    JSON.parse('{"card":canary}');
  } catch (error) {
    thrown = error;
  }
  const failure = failureOf(thrown, {}, null);
  expect(failure).toMatchObject({ code: 'UNEXPECTED', type: 'SyntaxError', operation: null });
  expect(String(thrown)).toContain('canary');
  expect(JSON.stringify(failure)).not.toContain('canary');
});

test('nor is it told through its stack, however many lines its message has', () => {
  const error = new TypeError('first\nsecond canary\n    at canary (file:1:1)\n  at all:1');
  expect(JSON.stringify(failureOf(error, {}, null))).not.toContain('canary');
});

test.each([
  [Object.assign(new Error('connect to canary'), { code: 'ECONNRESET' }), /ECONNRESET/],
  [Object.assign(new Error('x'), { code: 'canary is not a code' }), /not the pipeline's own; /],
  ['a canary that was thrown', /not the pipeline's own; /],
  [null, /not the pipeline's own; /],
])('the code of the system is told, and nothing else: %#', (error, message) => {
  const failure = failureOf(error, {}, null);
  expect(failure.message).toMatch(message);
  expect(JSON.stringify(failure)).not.toContain('canary');
});

test.each([
  ['AccountName=a;AccountKey=canary==;EndpointSuffix=core', 'AccountName=a;AccountKey=[secret];EndpointSuffix=core'],
  ['Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=canary', 'SharedAccessKey=[secret]'],
  [
    'InstrumentationKey=canary;IngestionEndpoint=https://x/',
    'InstrumentationKey=[secret];IngestionEndpoint=https://x/',
  ],
  ['https://a.blob.core.windows.net/x?sv=1&sig=canary%3D&se=2', 'sig=[secret]&se=2'],
  ['postgres://user:canary@host:5432/shop', 'postgres://[secret]@host:5432/shop'],
  ['Authorization: Bearer canary.a.b', 'Bearer [secret]'],
  ['host=h password=canary user=u', 'password=[secret] user=u'],
])('a message is cleaned of what looks like a secret: %s', (text, kept) => {
  expect(cleaned(text)).not.toContain('canary');
  expect(cleaned(text)).toContain(kept);
});

test('messages of ours that hold none stay as they are', () => {
  const text =
    "the batch of hub postgresql-changes partition 3 was not done within 240 s (INGEST_ATTEMPT_SECONDS); a key that is not the account's";
  expect(cleaned(text)).toBe(text);
});

test.each([
  [undefined],
  [''],
  ['00-xyz-abc-01'],
  [`00-${'0'.repeat(32)}-${SPAN}-01`],
  [`00-${TRACE}-${'0'.repeat(16)}-01`],
  [`${TRACE}-${SPAN}`],
])('what is no traceparent gives no operation: %s', (text) => {
  expect(operationOf(text)).toBeNull();
});

test('a few of each code are told in a span of time, and then again in the next', () => {
  const limit = new FailureLimit(2, 1_000);
  const asked = [0, 1, 2, 999].map((at) => limit.allows('A', at));
  expect(asked).toEqual([true, true, false, false]);
  expect(limit.allows('B', 500)).toBe(true);
  expect([1_000, 1_001, 1_002].map((at) => limit.allows('A', at))).toEqual([true, true, false]);
  // The clock was set back.
  expect(limit.allows('A', 5)).toBe(true);
});

test.each([
  ['Authorization=AAD', { clientId: null }],
  ['authorization=aad;', { clientId: null }],
  [
    'Authorization=AAD;ClientId=00000000-0000-0000-0000-000000000000',
    { clientId: '00000000-0000-0000-0000-000000000000' },
  ],
  ['', null],
  ['Authorization=Key', null],
  ['ClientId=x', null],
  ['Authorization=AAD;ClientId=', null],
  ['Authorization=AAD;Other=1', null],
])('the authentication string %s', (text, identity) => {
  expect(parseAuthenticationString(text)).toEqual(identity);
});
