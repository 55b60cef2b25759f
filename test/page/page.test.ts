import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { type Status } from '../../src/lib/status/status';
import { buildApp } from '../build/bundle';
import { openBrowser } from './browser';
import { SAMPLE, WELL } from './sample';

/** The page in a real browser, with what it is told made up here; test/functions/status.test.ts has the whole way. */

let browser: Browser;
let server: Server;
let address: string;
let status: Status | 'broken';
let asked: string[];

beforeAll(async () => {
  await using app = await buildApp();
  const html = await readFile(path.join(app.directory, 'dist/status.html'), 'utf8');
  server = createServer(({ url = '' }, answer) => {
    asked.push(url);
    if (status === 'broken' && url.includes('format=json')) answer.writeHead(503).end();
    else if (url.includes('format=json'))
      answer.setHeader('content-type', 'application/json').end(JSON.stringify(status));
    else answer.setHeader('content-type', 'text/html; charset=utf-8').end(html);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/status?code=a-key`;
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  await new Promise((closed) => server.close(closed));
});

beforeEach(() => {
  status = SAMPLE;
  asked = [];
});

/** Opens the page and waits until it has drawn; anything that the page complains of, or asks elsewhere, fails. */
async function open(options: BrowserContextOptions = {}): Promise<Page & AsyncDisposable> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(new URL(address).origin) && !url.startsWith('data:')) complaints.push(`asked for ${url}`);
  });
  await page.goto(address);
  await page.waitForFunction(() => document.querySelectorAll('canvas').length === 3);
  return Object.assign(page, {
    [Symbol.asyncDispose]: async () => {
      await context.close();
      expect(complaints).toEqual([]);
    },
  });
}

const text = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();

test('what is wrong comes first, as text and not as HTML', async () => {
  await using page = await open();
  expect(await text(page, '#headline')).toBe('2 things need somebody');
  expect(await page.title()).toBe('(2) change-lake');
  expect(await page.locator('#troubles li').allInnerTexts()).toEqual(SAMPLE.troubles.map((trouble) => trouble.text));
  expect(await page.locator('#verdict').getAttribute('class')).toBe('verdict bad');
});

test('all is well is said, too', async () => {
  status = WELL;
  await using page = await open();
  expect(await text(page, '#headline')).toBe('All is well');
  expect(await page.locator('#verdict').getAttribute('class')).toBe('verdict good');
  expect(await text(page, '#runs')).toContain('has not run yet');
});

test('each figure is where it belongs, and a 64-bit number keeps its last digit', async () => {
  await using page = await open();
  expect(await text(page, '#lake')).toBe('account/data');
  expect(await page.locator('.tile .value').allInnerTexts()).toEqual([
    '1,056',
    '1.9 s',
    '2 min ago',
    '7',
    '1.9 s',
    'not yet',
  ]);
  const tiles = (await page.locator('.tile').allInnerTexts()).join(' ');
  for (const note of ['1,240 events wait', 'the hub was not asked', 'partition 1 has no ledger'])
    expect(tiles).toContain(note);
  const rows = await page.locator('#partitions tbody tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
  expect(cells).toEqual([
    [
      'postgresql-changes 3 (hub 2)',
      '9,007,199,254,740,993',
      '1,240',
      '12 s ago',
      '17-23',
      '1',
      '100,000',
      '12',
      '345',
    ],
    ['mongodb-changes 0', '69', '–', 'now', '0', '0', '70', '0', '10'],
  ]);
  expect(await page.locator('.day').allInnerTexts()).toEqual([
    '11-19\n! lost\n9',
    '11-20\n✓ whole\n118,000',
    '11-21\n✗ missing\n120,456',
    'no day yet',
  ]);
  expect(await text(page, '#runs')).toContain('failed, 10 h ago (2026-11-22 01:31:00)');
});

test('charts say in words what they show', async () => {
  await using page = await open();
  const labels = await page
    .locator('.chart')
    .evaluateAll((charts) => charts.map((chart) => chart.getAttribute('aria-label')));
  expect(labels).toEqual([
    'Events a minute over the last hour. postgresql: 1,059 lately; mongodb: 7 lately.',
    'Processing delay over the last hour. postgresql 95 %: 1.9 s lately; postgresql 50 %: 400 ms lately; mongodb 95 %: 1.9 s lately; mongodb 50 %: 400 ms lately.',
    'Lake write latency over the last hour. postgresql 95 %: 80 ms lately; postgresql 50 %: 30 ms lately; mongodb 95 %: 80 ms lately; mongodb 50 %: 30 ms lately.',
  ]);
  const painted = await page.locator('canvas').evaluateAll((canvases) =>
    (canvases as HTMLCanvasElement[]).map((canvas) => {
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return new Set(
        Array.from(
          { length: pixels.length / 4 },
          (_, i) => `${pixels[i * 4]},${pixels[i * 4 + 1]},${pixels[i * 4 + 2]}`,
        ),
      ).size;
    }),
  );
  for (const colours of painted) expect(colours).toBeGreaterThan(3);
});

test('it asks again by itself, with its key, and moves', async () => {
  await using page = await open();
  status = { ...SAMPLE, at: '2026-11-22T12:01:00.000Z', troubles: [] };
  await page.waitForFunction(() => document.querySelector('#at')?.textContent === '2026-11-22 12:01:00', undefined, {
    timeout: 15_000,
  });
  expect(await text(page, '#headline')).toBe('All is well');
  expect(asked.filter((url) => url.includes('format=json')).every((url) => url.includes('code=a-key'))).toBe(true);
});

test('when no answer comes it says so, and since when what it shows is old', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForFunction(() => document.querySelector('#at')?.textContent === '2026-11-22 12:00:30');
  status = 'broken';
  await page.waitForFunction(() => document.body.classList.contains('stale'), undefined, { timeout: 15_000 });
  expect(await text(page, '#at')).toBe('no answer (status 503), shown is 2026-11-22 12:00:30');
  await context.close();
}, 30_000);

describe.each([
  ['light', { colorScheme: 'light' as const }],
  ['dark', { colorScheme: 'dark' as const }],
  ['phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
])('%s', (_, options) => {
  test('has no fault that the accessibility checker knows of', async () => {
    await using page = await open({ ...options, bypassCSP: true });
    const axe = await readFile(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const { violations } = await (
        globalThis as unknown as {
          axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        }
      ).axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    expect(found).toEqual([]);
  });

  test('fits its width', async () => {
    await using page = await open(options);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
});

test('nothing but its own script and styles runs: what gets into the page from elsewhere is refused', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForFunction(() => document.querySelectorAll('canvas').length === 3);
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    document.body.append(script);
    const fetched = await fetch('https://example.com/').then(
      () => true,
      () => false,
    );
    return [(globalThis as { ran?: boolean }).ran === true, fetched];
  });
  expect(ran).toEqual([false, false]);
  await context.close();
});
