import uPlot from 'uplot';
import { type MinuteStatus, type SourceStatus, type Status } from '../lib/status/status';
import { byId, element } from './dom';
import { count, duration } from './format';

interface Line {
  readonly label: string;
  /** The name of a colour in the style sheet. */
  readonly colour: string;
  readonly dashed: boolean;
  readonly of: (minute: MinuteStatus) => number | null;
}

interface Chart {
  readonly id: string;
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
}

const p95 = (of: Line['of']): Line => ({ label: '95 %', colour: '', dashed: false, of });
const p50 = (of: Line['of']): Line => ({ label: '50 %', colour: '', dashed: true, of });

const CHARTS: readonly Chart[] = [
  {
    id: 'chart-events',
    lines: [{ label: '', colour: '', dashed: false, of: ({ events }) => events }],
    format: count,
  },
  { id: 'chart-delay', lines: [p95(({ delayP95 }) => delayP95), p50(({ delayP50 }) => delayP50)], format: duration },
  { id: 'chart-write', lines: [p95(({ writeP95 }) => writeP95), p50(({ writeP50 }) => writeP50)], format: duration },
];

const drawn = new Map<string, uPlot>();

/** Draws the last hour of every source; charts that are there are moved on. */
export function drawCharts({ sources }: Status): void {
  for (const chart of CHARTS) drawChart(chart, sources);
}

/** Draws them anew: the colours, or the room, have changed. */
export function forgetCharts(): void {
  for (const plot of drawn.values()) plot.destroy();
  drawn.clear();
}

function drawChart(chart: Chart, sources: readonly SourceStatus[]): void {
  const host = byId(chart.id);
  const lines = sources.flatMap(({ source }) =>
    chart.lines.map((line) => ({ ...line, source, label: [source, line.label].filter(Boolean).join(' ') })),
  );
  const from = firstShown(sources);
  const times = sources[0]?.minutes.slice(from).map(({ at }) => at) ?? [];
  const values = sources.flatMap(({ minutes }) => chart.lines.map(({ of }) => minutes.slice(from).map(of)));
  const data = [times, ...values] as uPlot.AlignedData;
  const plot = drawn.get(chart.id);
  if (plot === undefined) {
    host.replaceChildren();
    drawn.set(chart.id, new uPlot(options(chart, lines, host, times.length < 20), data, host));
    legend(host, sources, chart);
  } else {
    plot.setData(data);
  }
  // A canvas says nothing to who cannot see it.
  const told = lines.map(({ label }, i) => {
    const latest = values[i]?.findLast((value) => value !== null) ?? null;
    return `${label}: ${latest === null ? 'nothing yet' : `${chart.format(latest)} lately`}`;
  });
  host.setAttribute('role', 'img');
  host.setAttribute(
    'aria-label',
    `${host.previousElementSibling?.textContent ?? ''} over the last hour. ${told.join('; ')}.`,
  );
}

/** A lake that is young shows what it has, ten minutes at least. */
function firstShown(sources: readonly SourceStatus[]): number {
  const firsts = sources.map(({ minutes }) => minutes.findIndex(({ events, failures }) => events + failures > 0));
  const first = Math.min(...firsts.filter((at) => at >= 0), Infinity);
  const count = sources[0]?.minutes.length ?? 0;
  return Math.max(0, Math.min(first - 1, count - 10));
}

function options(
  chart: Chart,
  lines: readonly (Line & { source: string })[],
  host: HTMLElement,
  isYoung: boolean,
): uPlot.Options {
  const colour = (name: string): string =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour('soft'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width: host.clientWidth,
    height: 160,
    padding: [6, 8, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        space: 60,
        size: 28,
        values: (_plot, at) => at.map((seconds) => new Date(seconds * 1_000).toISOString().slice(11, 16)),
      },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => chart.format(tick)) },
    ],
    series: [
      {},
      ...lines.map(({ source, dashed, label }) => ({
        label,
        stroke: colour(source),
        width: dashed ? 1.25 : 2,
        ...(dashed ? { dash: [4, 4] } : {}),
        points: { show: !dashed && isYoung, size: 5 },
        spanGaps: true,
      })),
    ],
  };
}

function legend(host: HTMLElement, sources: readonly SourceStatus[], chart: Chart): void {
  const entries = sources.map(({ source }) => element('span', {}, element('i', { class: `dot ${source}` }), source));
  const meaning = chart.lines.length > 1 ? [element('span', {}, 'line: 95 % of batches, dashed: half of them')] : [];
  host.append(element('div', { class: 'legend', 'aria-hidden': 'true' }, ...entries, ...meaning));
}
