import { h } from 'preact';
import { compact, date, hourOrDay } from '../format.ts';
import { Chart } from '../parts/chart.ts';
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
    below = below.map((height, at) => height + values[at]!);
    stacked.push(below);
  }
  const drawn = stacked.map((values, at) => ({ values, at })).reverse();
  const step = slots.length > 1 ? slots[1]! - slots[0]! : 3_600_000;
  return h(Chart, {
    label,
    height: 260,
    data: [seconds, ...drawn.map(({ values }) => values)],
    options: (color, Plot) => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [12, 8, 0, 0],
      scales: {
        x: { range: () => [(slots[0]! - step / 2) / 1_000, (slots.at(-1)! + step / 2) / 1_000] },
        y: { range: (_, _min, max) => [0, Math.max(1, max * 1.05)] },
      },
      axes: [
        {
          ...axis(color),
          grid: { show: false },
          values: (_, splits) => splits.map((at) => nameOf(at * 1_000, step)),
          space: 56,
        },
        {
          ...axis(color),
          grid: { stroke: color('line'), width: 1 },
          values: (_, splits) => splits.map(compact),
          size: 56,
        },
      ],
      series: [
        {},
        ...drawn.map(({ at }) => ({
          fill: color(`c${at + 1}`),
          stroke: color(`c${at + 1}`),
          width: 0,
          paths: Plot.paths.bars!({ size: [0.72, 28] }),
          points: { show: false },
        })),
      ],
    }),
  });
}

function axis(color: (name: string) => string) {
  return { stroke: color('faint'), ticks: { show: false }, font: '12px system-ui, sans-serif' };
}

function nameOf(ms: number, step: number): string {
  const iso = new Date(ms).toISOString();
  return step < 86_400_000 ? hourOrDay(iso) : date(iso);
}
