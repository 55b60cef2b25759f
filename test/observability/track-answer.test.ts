import { judgeAnswer } from '../../src/lib/observability/track-answer';

const NOW = Date.UTC(2026, 10, 1);

const answered = (status: number, body = '', retryAfter: string | null = null) =>
  judgeAnswer({ kind: 'answered', status, body, retryAfter }, NOW);

test('what was taken in is done with', () => {
  expect(answered(200)).toEqual({ refused: [], dropped: 0, retryAfterMs: null, fault: null });
});

test.each([401, 403, 429, 439, 500, 502, 503])('what was refused with %d is kept', (status) => {
  expect(answered(status)).toMatchObject({ refused: 'all', dropped: 0, fault: `http_${status}` });
});

test.each([400, 402, 404, 408, 504])(
  'what was answered with %d is lost: it is unfit, or may have been taken in',
  (status) => {
    expect(answered(status)).toMatchObject({ refused: [], dropped: 'all', fault: `http_${status}` });
  },
);

test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])('what met no endpoint (%s) is kept', (code) => {
  expect(judgeAnswer({ kind: 'broken', code }, NOW)).toMatchObject({ refused: 'all', dropped: 0, fault: code });
});

test.each(['ECONNRESET', 'REQUEST_SEND_ERROR', 'AbortError', 'ETIMEDOUT'])(
  'what went out and was never answered (%s) is lost: sent again it might count twice',
  (code) => {
    expect(judgeAnswer({ kind: 'broken', code }, NOW)).toMatchObject({ refused: [], dropped: 'all', fault: code });
  },
);

test('what never went out is kept', () => {
  expect(judgeAnswer({ kind: 'unsent' }, NOW)).toMatchObject({ refused: 'all', dropped: 0 });
});

test('of a part, what may be taken in later is kept and the rest is lost', () => {
  const errors = [
    { index: 1, statusCode: 429, message: '' },
    { index: 4, statusCode: 400, message: '' },
    { index: 5, statusCode: 500, message: '' },
  ];
  expect(answered(206, JSON.stringify({ itemsReceived: 9, itemsAccepted: 6, errors }))).toMatchObject({
    refused: [1, 5],
    dropped: 1,
  });
});

test.each(['', 'no JSON', '{}', 'null'])('a part of which nothing is told is lost: %s', (body) => {
  expect(answered(206, body)).toMatchObject({ refused: [], dropped: 'all' });
});

test.each([
  ['30', 30_000],
  [new Date(NOW + 5_000).toUTCString(), 5_000],
  ['86400', 600_000],
  ['0', null],
  ['soon', null],
  [null, null],
])('Retry-After %s', (retryAfter, retryAfterMs) => {
  expect(answered(429, '', retryAfter)).toMatchObject({ retryAfterMs });
});
