import { h } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { DecisionRowFragment as Decision } from '../graph/documents.generated.ts';
import { useDecisions, type Wanted } from '../graph/follow-decisions.ts';
import type { Refusal } from '../graph/graph.ts';
import { number, timeOfDay } from '../parts/format.ts';
import { useName } from '../parts/names.ts';
import { type Asked, go, type ViewProps } from '../parts/router.ts';
import { Rows } from '../parts/rows.ts';
import { Failed, Note } from '../parts/state.ts';
import { DecisionFilters } from './decision-filters.ts';
import { DecisionPanel } from './decision-panel.ts';
import { wantedOf } from './decisions-wanted.ts';
import { Hops } from './hops.ts';
import { OutcomeBadge } from './outcome-badge.ts';

const COLUMNS = ['Time', 'Workspace', 'Outcome', 'Hops', 'Account', 'Tokens', 'Latency'];

/** Each request's way, as it is decided; which of them are shown stands in the address. */
export function Decisions({ id, asked }: ViewProps) {
  const [isPaused, setPaused] = useState(false);
  const wanted = wantedOf(asked);
  const isTroubleOnly = asked.trouble === 'only';
  const { trouble: _, ...others } = asked;
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
        h('input', {
          type: 'checkbox',
          checked: isTroubleOnly,
          onChange: () => go('decisions', undefined, isTroubleOnly ? others : { ...others, trouble: 'only' }),
        }),
        ' Only refused, failed or rerouted',
      ),
    ),
    h(DecisionFilters, { asked, wanted }),
    h(Stream, { key: JSON.stringify(wanted), asked, wanted, isPaused, isTroubleOnly }),
    id && h(DecisionPanel, { key: id, decisionId: id, close: () => go('decisions', undefined, asked) }),
  );
}

interface StreamProps {
  asked: Asked;
  wanted: Wanted;
  isPaused: boolean;
  isTroubleOnly: boolean;
}

function Stream({ asked, wanted, isPaused, isTroubleOnly }: StreamProps) {
  const { decisions, isRead, isLive, refusal } = useDecisions(wanted, isPaused);
  const shown = useMemo(() => decisions.filter((one) => !isTroubleOnly || isTrouble(one)), [decisions, isTroubleOnly]);
  const name = useName();
  if (refusal && decisions.length === 0) return h(Failed, { refusal, again: () => location.reload() });
  return h(
    'div',
    null,
    h('p', { class: 'summary' }, summaryOf(isPaused, isLive, refusal)),
    isRead && shown.length === 0
      ? h(Note, { title: titleOfNone(decisions.length > 0, Object.keys(wanted).length > 0) })
      : h(Rows<Decision>, {
          label: 'Decisions, the newest first',
          kind: 'decisions',
          columns: COLUMNS,
          rows: shown,
          keyOf: (one) => one.id,
          heights: [36, 88],
          open: ({ decisionId }) => go('decisions', decisionId, asked),
          cells: (one, press) => cellsOf(one, name, press),
        }),
  );
}

function titleOfNone(isAnyRead: boolean, isFiltered: boolean): string {
  if (isAnyRead) return 'None of the newest had any trouble.';
  return isFiltered ? 'No decision is as the filters say.' : 'No request has been decided yet.';
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
