import { h } from 'preact';
import type uPlot from 'uplot';
import { Chart } from '../parts/chart.ts';
import { compact, date, hourOrDay } from '../parts/format.ts';
import type { Series } from './usage-series.ts';

interface Props {
  slots: readonly number[];
  series: readonly (Series & { name: string })[];
  label: string;
}

/** Bars, each standing on those below it: the tallest is drawn first, and what is left of it is its own part. */
export function UsageChart({ slots, series, label }: Props) {
  const seconds = slots.map((ms) => ms / 1_000);
  const stacked: number[][] = [];
  let below = slots.map(() => 0);
  for (const { values } of series) {
    below = below.map((height, at) => height + (values[at] ?? 0));
    stacked.push(below);
  }
  const drawn = stacked.map((values, at) => ({ values, at })).reverse();
  const step = stepOf(slots);
  return h(Chart, {
    label,
    height: 260,
    data: [seconds, ...drawn.map(({ values }) => values)],
    options: (color, Plot) => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [12, 8, 0, 0],
      scales: {
        x: { range: () => rangeOf(slots, step) },
        y: { range: fromZero },
      },
      axes: axesOf(color, step, compact),
      series: [
        {},
        ...drawn.map(({ at }) => ({
          fill: color(`c${at + 1}`),
          stroke: color(`c${at + 1}`),
          width: 0,
          paths: Plot.paths.bars?.({ size: [0.72, 28] }),
          points: { show: false },
        })),
      ],
    }),
  });
}

/** How far apart the slots are, in milliseconds. */
export function stepOf([first = 0, second]: readonly number[]): number {
  return second === undefined ? 3_600_000 : second - first;
}

export function rangeOf(slots: readonly number[], step: number): [number, number] {
  const [first = 0, last = first] = [slots[0], slots.at(-1)];
  return [(first - step / 2) / 1_000, (last + step / 2) / 1_000];
}

export const fromZero = (_plot: unknown, _min: number, max: number): [number, number] => [0, Math.max(1, max * 1.05)];

/** Times below, and on the left what is measured. */
export function axesOf(color: (name: string) => string, step: number, write: (value: number) => string): uPlot.Axis[] {
  const axis = { stroke: color('faint'), ticks: { show: false }, font: '12px system-ui, sans-serif' };
  const times = (_: unknown, splits: number[]) => splits.map((at) => nameOf(at * 1_000, step));
  return [
    { ...axis, grid: { show: false }, values: times, space: 56 },
    { ...axis, grid: { stroke: color('line'), width: 1 }, values: (_, splits) => splits.map(write), size: 64 },
  ];
}

function nameOf(ms: number, step: number): string {
  const iso = new Date(ms).toISOString();
  return step < 86_400_000 ? hourOrDay(iso) : date(iso);
}
