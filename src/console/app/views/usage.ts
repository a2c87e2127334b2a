import { h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { Usage as UsageDocument, type UsageQuery } from '../graph/documents.generated.ts';
import { useQuery } from '../graph/use-query.ts';
import { compact, number } from '../parts/format.ts';
import { useName } from '../parts/names.ts';
import { Loaded, Note } from '../parts/state.ts';
import { Latency } from './latency.ts';
import { UsageChart } from './usage-chart.ts';
import { BY, type Measure, type ShownProps, type Span, seriesOf, slotsOf } from './usage-series.ts';

const SPANS = {
  'Last 48 hours': { granularity: 'hour', slots: 48 },
  'Last 30 days': { granularity: 'day', slots: 30 },
  'Last 90 days': { granularity: 'day', slots: 90 },
} satisfies Record<string, Span>;
const MEASURES = {
  tokens: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
  requests: ({ requests }) => requests,
  failures: ({ failures }) => failures,
} satisfies Record<string, Measure>;
/** No sum of anything, so it is shown in its own way. */
const LATENCY = 'latency';

/** What was used over time, and by whom. */
export function Usage() {
  const [spanName, setSpan] = useState<keyof typeof SPANS>('Last 48 hours');
  const [by, setBy] = useState<keyof typeof BY>('model');
  const [measure, setMeasure] = useState<keyof typeof MEASURES | typeof LATENCY>('tokens');
  const span: Span = SPANS[spanName];
  const slots = useMemo(() => slotsOf(span, Date.now()), [span]);
  const since = new Date(Math.min(...slots)).toISOString();
  const answer = useQuery(UsageDocument, { granularity: span.granularity, since }, { every: 10_000 });
  return h(
    'div',
    null,
    h(
      'div',
      { class: 'tools' },
      h(Choice<typeof spanName>, { label: 'Time', of: namesIn(SPANS), chosen: spanName, choose: setSpan }),
      h(Choice<typeof by>, { label: 'Of each', of: namesIn(BY), chosen: by, choose: setBy }),
      h(Choice<typeof measure>, {
        label: 'Measured in',
        of: [...namesIn(MEASURES), LATENCY],
        chosen: measure,
        choose: setMeasure,
      }),
    ),
    h(Loaded<UsageQuery>, {
      answer,
      children: ({ usage }) =>
        usage && usage.nodes.length > 0
          ? measure === LATENCY
            ? h(Latency, { usage, slots, by, span: spanName })
            : h(Shown, { usage, slots, by, measure, span: spanName })
          : h(Note, { title: 'Nothing was used in this time.' }),
    }),
  );
}

function Shown({ usage, slots, by, measure, span }: ShownProps & { measure: keyof typeof MEASURES }) {
  const name = useName();
  const series = seriesOf(usage.nodes, slots, BY[by], MEASURES[measure]);
  const named = series.map((one) => ({ ...one, name: one.id === null ? 'others' : name(one.id) }));
  const total = series.reduce((sum, one) => sum + one.total, 0);
  return h(
    'div',
    { class: 'usage' },
    h('p', { class: 'figure' }, number(total), h('span', { class: 'faint' }, ` ${measure}`)),
    h(UsageChart, {
      slots,
      series: named,
      label: `${span}: ${compact(total)} ${measure}, by ${by}; the table below has the figures`,
    }),
    h(
      'table',
      null,
      h('caption', { class: 'hidden' }, `${measure} of each ${by}, ${span.toLowerCase()}`),
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          h('th', { scope: 'col' }, by),
          h('th', { scope: 'col', class: 'number' }, measure),
          h('th', { scope: 'col', class: 'number' }, 'share'),
        ),
      ),
      h(
        'tbody',
        null,
        named.map((one, at) =>
          h(
            'tr',
            { key: one.name },
            h('th', { scope: 'row' }, h('span', { class: `swatch c${at + 1}`, 'aria-hidden': true }), one.name),
            h('td', { class: 'number' }, number(one.total)),
            h('td', { class: 'number' }, total === 0 ? '–' : `${Math.round((one.total / total) * 100)} %`),
          ),
        ),
      ),
    ),
  );
}

function namesIn<N extends string>(record: Record<N, unknown>): N[] {
  return Object.keys(record) as N[];
}

interface ChoiceProps<N extends string> {
  label: string;
  of: readonly N[];
  chosen: N;
  choose: (name: N) => void;
}

function Choice<N extends string>({ label, of, chosen, choose }: ChoiceProps<N>) {
  return h(
    'label',
    null,
    `${label} `,
    h(
      'select',
      { value: chosen, onChange: (event: Event) => choose((event.currentTarget as HTMLSelectElement).value as N) },
      of.map((name) => h('option', { key: name, value: name }, name)),
    ),
  );
}
