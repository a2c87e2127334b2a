import { h } from 'preact';
import type { LatencyFragment } from '../graph/documents.generated.ts';
import { Chart } from '../parts/chart.ts';
import { number } from '../parts/format.ts';
import { useName } from '../parts/names.ts';
import { Note } from '../parts/state.ts';
import { axesOf, fromZero, rangeOf, stepOf } from './usage-chart.ts';
import { placesOf, SERIES_MAX, type ShownProps } from './usage-series.ts';

const PERCENTILES = ['p50', 'p95', 'p99'] as const;
type Line = { id: string; latency: LatencyFragment };
type By = 'byModel' | 'byAccount';

/** How long answers took: those that nearly all were within, over time and in all. */
export function Latency({ usage, slots, by, span }: ShownProps) {
  const name = useName();
  if (by === 'workspace') return h(Note, { title: 'Latency is counted of models and accounts.' });
  const list = by === 'model' ? 'byModel' : 'byAccount';
  const lines = usage[list].filter((one): one is Line => one.latency !== null);
  if (!usage.latency) return h(Note, { title: 'No outcome of this time says how long it took.' });
  lines.sort((left, right) => right.latency.count - left.latency.count);
  return h(
    'div',
    { class: 'usage' },
    h('p', { class: 'figure' }, milliseconds(usage.latency.p95), h('span', { class: 'faint' }, ' for 95 % of all')),
    h(Lines, {
      usage,
      slots,
      list,
      ids: lines.slice(0, SERIES_MAX).map(({ id }) => id),
      label: `${span}: 95 % of the answers took no longer than ${milliseconds(usage.latency.p95)}, by ${by}; the table below has the figures`,
    }),
    h(
      'table',
      null,
      h('caption', { class: 'hidden' }, `latency of each ${by}, ${span.toLowerCase()}`),
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, by), [...PERCENTILES, 'outcomes'].map(heading))),
      h(
        'tbody',
        null,
        lines.map(({ id, latency }, at) =>
          h(
            'tr',
            { key: id },
            h(
              'th',
              { scope: 'row' },
              h('span', { class: at < SERIES_MAX ? `swatch c${at + 1}` : 'swatch', 'aria-hidden': true }),
              name(id),
            ),
            PERCENTILES.map((one) => h('td', { key: one, class: 'number' }, milliseconds(latency[one]))),
            h('td', { class: 'number' }, number(latency.count)),
          ),
        ),
      ),
    ),
  );
}

function heading(name: string) {
  return h('th', { key: name, scope: 'col', class: 'number' }, name);
}

const milliseconds = (value: number) => `${number(Math.round(value))} ms`;

interface LinesProps extends Pick<ShownProps, 'usage' | 'slots'> {
  list: By;
  ids: readonly string[];
  label: string;
}

/** The 95th percentile of each in each slot; nothing where nothing was said. */
function Lines({ usage, slots, list, ids, label }: LinesProps) {
  const place = placesOf(slots);
  const values = ids.map((): (number | null)[] => slots.map(() => null));
  for (const bucket of usage.nodes) {
    const at = place.get(Date.parse(bucket.startsAt));
    if (at === undefined) continue;
    for (const { id, latency } of bucket[list]) {
      const line = values[ids.indexOf(id)];
      if (line) line[at] = latency?.p95 ?? null;
    }
  }
  const step = stepOf(slots);
  return h(Chart, {
    label,
    height: 260,
    data: [slots.map((ms) => ms / 1_000), ...values],
    options: (color) => ({
      legend: { show: false },
      cursor: { show: false },
      padding: [12, 8, 0, 0],
      scales: { x: { range: () => rangeOf(slots, step) }, y: { range: fromZero } },
      axes: axesOf(color, step, milliseconds),
      series: [
        {},
        ...ids.map((_, at) => ({
          stroke: color(`c${at + 1}`),
          width: 2,
          points: { show: true, fill: color(`c${at + 1}`) },
        })),
      ],
    }),
  });
}
