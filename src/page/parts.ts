import {
  type DayStatus,
  type PartitionStatus,
  type RunStatus,
  type SourceStatus,
  type Status,
} from '../lib/status/status';
import { byId, element, fill, show } from './dom';
import { ago, count, duration, moment, size } from './format';

/** The one line that an operator reads first. */
export function drawVerdict({ troubles }: Status): void {
  const isBad = troubles.some(({ level }) => level === 'bad');
  byId('verdict').className = `verdict ${troubles.length === 0 ? 'good' : isBad ? 'bad' : 'warn'}`;
  const things = troubles.length === 1 ? 'One thing needs' : `${troubles.length} things need`;
  show('headline', troubles.length === 0 ? 'All is well' : `${things} ${isBad ? 'somebody' : 'a look'}`);
  fill('troubles', ...troubles.map(({ text }) => element('li', {}, text)));
}

/** A card for each source: how fast, how late, how far. */
export function drawTiles({ sources, at }: Status): void {
  fill('tiles', ...sources.map((source) => card(source, at)));
}

function card(of: SourceStatus, at: string): HTMLElement {
  const { source, minutes, behind, completeThrough: through, completeWhy } = of;
  // The last minute is under way still.
  const whole = minutes.slice(-6, -1);
  const rate = whole.reduce((sum, { events }) => sum + events, 0) / Math.max(1, whole.length);
  const bytes = minutes.reduce((sum, minute) => sum + minute.bytes, 0);
  const lately = minutes.findLast(({ delayP95 }) => delayP95 !== null);
  const waiting =
    behind === null ? 'the hub was not asked' : behind === 0 ? 'none waits' : `${count(behind)} events wait`;
  return element(
    'article',
    { class: 'tile' },
    element('h3', {}, element('i', { class: `dot ${source}`, 'aria-hidden': 'true' }), source),
    element(
      'div',
      { class: 'figures' },
      figure(count(Math.round(rate)), 'events a minute', `${size(bytes)} in the last hour`),
      figure(duration(lately?.delayP95 ?? null), 'delay, 95 %', waiting),
      figure(
        through === null ? 'not yet' : ago(through, at),
        'complete through',
        through === null ? (completeWhy ?? '') : moment(through),
      ),
    ),
  );
}

function figure(value: string, unit: string, note: string): HTMLElement {
  return element(
    'div',
    {},
    element('div', { class: 'value' }, value),
    element('div', {}, unit),
    element('div', { class: 'note' }, note),
  );
}

const STATES = { whole: '✓ whole', lost: '! lost', missing: '✗ missing', open: '… open' } as const;

/** Each source's last days, oldest first. */
export function drawDays({ days, sources }: Status): void {
  const strips = sources.map(({ source }) => {
    const of = days.filter((day) => day.source === source).reverse();
    const cells = of.length === 0 ? [element('span', { class: 'day' }, 'no day yet')] : of.map(dayCell);
    return element('div', { class: 'strip' }, element('span', { class: 'name' }, source), ...cells);
  });
  fill('days', ...strips);
}

function dayCell({ day, state, events, quarantined, missing, lost }: DayStatus): HTMLElement {
  const title = `${day}: ${count(events)} events, ${count(quarantined)} quarantined, ${count(missing)} missing, ${count(lost)} lost`;
  return element(
    'span',
    { class: `day ${state}`, title },
    element('b', {}, day.slice(5)),
    STATES[state],
    element('br'),
    count(events),
  );
}

const HEAD = ['partition', 'watermark', 'behind', 'latest event', 'gaps', 'pending', 'events', 'quarantined', 'files'];

export function drawPartitions({ partitions, at }: Status): void {
  const head = element('thead', {}, element('tr', {}, ...HEAD.map((name) => element('th', { scope: 'col' }, name))));
  fill('partitions', head, element('tbody', {}, ...partitions.map((partition) => row(partition, at))));
}

function row(one: PartitionStatus, at: string): HTMLElement {
  const name = `${one.hub} ${one.partition}${one.incarnation === 1 ? '' : ` (hub ${one.incarnation})`}`;
  const gaps = one.gaps.length === 0 ? '0' : one.gaps.slice(0, 2).join(', ') + (one.gaps.length > 2 ? ' …' : '');
  const cell = (text: string, tone = ''): HTMLElement => element('td', tone === '' ? {} : { class: tone }, text);
  return element(
    'tr',
    {},
    element('td', {}, element('i', { class: `dot ${one.source}`, 'aria-hidden': 'true' }), name),
    cell(BigInt(one.last).toLocaleString('en')),
    cell(one.lag === null ? '–' : count(one.lag)),
    cell(ago(one.latestEvent, at)),
    cell(gaps, one.gaps.length === 0 ? '' : 'bad-text'),
    cell(count(one.pending)),
    cell(count(one.events)),
    cell(count(one.quarantined), one.quarantined === 0 ? '' : 'warn-text'),
    cell(count(one.files)),
  );
}

const OUTCOMES = {
  done: 'done',
  out_of_time: 'stopped in time, goes on with the next',
  failed: 'failed',
  running: 'under way',
} as const;

export function drawRuns({ runs, at }: Status): void {
  const told = (run: RunStatus | null): string =>
    run === null
      ? 'has not run yet'
      : `${OUTCOMES[run.outcome]}, ${ago(run.endedAt ?? run.startedAt, at)} (${moment(run.endedAt ?? run.startedAt)})`;
  const entry = (name: string, run: RunStatus | null): HTMLElement[] => [
    element('dt', {}, name),
    element('dd', run?.outcome === 'failed' ? { class: 'bad-text' } : {}, told(run)),
  ];
  fill('runs', ...entry('Completeness, daily', runs.daily), ...entry('Clean-up and optimisation, weekly', runs.weekly));
}
