import { type Status } from '../lib/status/status';
import { drawCharts, forgetCharts } from './charts';
import { byId, show } from './dom';
import { moment } from './format';
import { drawDays, drawPartitions, drawRuns, drawTiles, drawVerdict } from './parts';

const EVERY_MS = 5_000;

/** The address of this page as JSON, with whatever key it was opened by. */
function jsonAddress(): string {
  const query = new URLSearchParams(location.search);
  query.set('format', 'json');
  return `${location.pathname}?${query}`;
}

let latest: Status | null = null;

function draw(status: Status): void {
  latest = status;
  document.title = status.troubles.length === 0 ? 'change-lake' : `(${status.troubles.length}) change-lake`;
  show('namespace', status.namespace);
  show('lake', status.lake);
  drawVerdict(status);
  drawTiles(status);
  drawCharts(status);
  drawDays(status);
  drawPartitions(status);
  drawRuns(status);
}

async function refresh(): Promise<void> {
  try {
    const answer = await fetch(jsonAddress(), { cache: 'no-store', signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const status = (await answer.json()) as Status;
    draw(status);
    document.body.classList.remove('stale');
    show('at', moment(status.at));
  } catch (error) {
    document.body.classList.add('stale');
    const since = latest === null ? '' : `, shown is ${moment(latest.at)}`;
    show('at', `no answer (${error instanceof Error ? error.message : 'unknown'})${since}`);
  }
}

async function run(): Promise<void> {
  for (;;) {
    if (!document.hidden) await refresh();
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function redraw(): void {
  forgetCharts();
  if (latest !== null) drawCharts(latest);
}

byId('json').setAttribute('href', jsonAddress());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
addEventListener('resize', redraw);
void run();
