import { h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { DecisionRowFragment as Decision } from '../graph/documents.generated.ts';
import { useDecisions } from '../graph/follow-decisions.ts';
import type { Refusal } from '../graph/graph.ts';
import { number, timeOfDay } from '../parts/format.ts';
import { useName } from '../parts/names.ts';
import { go, type ViewProps } from '../parts/router.ts';
import { Rows } from '../parts/rows.ts';
import { Failed, Note } from '../parts/state.ts';
import { DecisionPanel } from './decision-panel.ts';
import { Hops } from './hops.ts';
import { OutcomeBadge } from './outcome-badge.ts';

const COLUMNS = ['Time', 'Workspace', 'Outcome', 'Hops', 'Account', 'Tokens', 'Latency'];

/** Each request's way, as it is decided. */
export function Decisions({ id }: ViewProps) {
  const [isPaused, setPaused] = useState(false);
  const [isTroubleOnly, setTroubleOnly] = useState(false);
  const { decisions, isRead, isLive, refusal } = useDecisions(isPaused);
  const shown = useMemo(() => decisions.filter((one) => !isTroubleOnly || isTrouble(one)), [decisions, isTroubleOnly]);
  const name = useName();
  if (refusal && decisions.length === 0) return h(Failed, { refusal, again: () => location.reload() });
  return h(
    'div',
    null,
    h(
      'div',
      { class: 'tools' },
      h(
        'button',
        { type: 'button', 'aria-pressed': isPaused, onClick: () => setPaused(!isPaused) },
        isPaused ? 'Go on' : 'Pause',
      ),
      h(
        'label',
        null,
        h('input', { type: 'checkbox', checked: isTroubleOnly, onChange: () => setTroubleOnly(!isTroubleOnly) }),
        ' Only refused, failed or rerouted',
      ),
      h('p', { class: 'summary' }, summaryOf(isPaused, isLive, refusal)),
    ),
    isRead && shown.length === 0
      ? h(Note, {
          title: decisions.length === 0 ? 'No request has been decided yet.' : 'None of the newest had any trouble.',
        })
      : h(Rows<Decision>, {
          label: 'Decisions, the newest first',
          kind: 'decisions',
          columns: COLUMNS,
          rows: shown,
          keyOf: (one) => one.id,
          heights: [36, 88],
          open: ({ decisionId }) => go('decisions', decisionId),
          cells: (one, press) => cellsOf(one, name, press),
        }),
    id && h(DecisionPanel, { key: id, decisionId: id, close: () => go('decisions') }),
  );
}

function summaryOf(isPaused: boolean, isLive: boolean, refusal: Refusal | null): string {
  if (isPaused) return 'Paused';
  if (refusal) return refusal.message;
  return isLive ? 'As they are made' : 'Connecting';
}

function isTrouble({ admitted, outcome, hops }: Decision): boolean {
  return !admitted || outcome?.success === false || hops.length > 1;
}

function cellsOf(one: Decision, name: (id: string) => string, press: { tabIndex: number }) {
  const { outcome } = one;
  const tokens = (outcome?.inputTokens ?? 0) + (outcome?.outputTokens ?? 0);
  return [
    h(
      'button',
      { type: 'button', class: 'link', ...press, 'aria-label': `Decision of ${timeOfDay(one.createdAt)}` },
      timeOfDay(one.createdAt),
    ),
    name(one.workspaceId),
    h(OutcomeBadge, { decision: one }),
    h(Hops, { hops: one.hops }),
    one.providerAccountId ? name(one.providerAccountId) : '–',
    tokens > 0 ? number(tokens) : '–',
    outcome?.latencyMs == null ? '–' : `${number(outcome.latencyMs)} ms`,
  ];
}
