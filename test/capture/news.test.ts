import { logNews } from '../../src/lib/app/capture';
import { newsText } from '../../src/cli/capture-news';
import { type CaptureNews } from '../../src/lib/capture/run';

const SET_ASIDE: CaptureNews = {
  ...{ kind: 'table_set_aside', name: 'shop', table: '"public"."notices"', code: 'SOURCE_NOT_READY' },
  ...{ error: 'SOURCE_NOT_READY: ALTER ROLE capture BYPASSRLS', sinceMs: 1_764_158_400_050, isRead: true },
};

test('a table that is set aside is logged as an error of capture, where queries look for it', () => {
  const lines: string[] = [];
  const unexpected = (): void => {
    throw new Error('logged as less than an error');
  };
  logNews('postgresql', SET_ASIDE, {
    error: (...fields: unknown[]) => void lines.push(String(fields[0])),
    log: unexpected,
  });
  expect(lines.map((text) => JSON.parse(text) as unknown)).toEqual([
    { message: 'capture', source: 'postgresql', ...SET_ASIDE },
  ]);
});

test('the command line names the table, since when, and the remedy', () => {
  expect(newsText(SET_ASIDE)).toBe(
    'shop: "public"."notices" is not whole in the lake since 2025-11-26T12:00:00.050Z: SOURCE_NOT_READY: ALTER ROLE capture BYPASSRLS',
  );
});
