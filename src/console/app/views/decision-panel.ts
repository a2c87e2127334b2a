import { h } from 'preact';
import {
  ExplainDecision,
  type ExplainDecisionQuery,
  OneDecision,
  type OneDecisionQuery,
} from '../graph/documents.generated.ts';
import { useQuery } from '../graph/use-query.ts';
import { Facts } from '../parts/facts.ts';
import { moment, number } from '../parts/format.ts';
import { useName } from '../parts/names.ts';
import { Panel } from '../parts/panel.ts';
import { Loaded, Note } from '../parts/state.ts';
import { Explanation } from './explanation.ts';
import { OutcomeBadge } from './outcome-badge.ts';

/** A decision closely: what was asked, what came of it, and why it came out so. */
export function DecisionPanel({ decisionId, close }: { decisionId: string; close: () => void }) {
  const decision = useQuery(OneDecision, { decisionId }, { on: [`decision.${decisionId}`] });
  const explanation = useQuery(ExplainDecision, { decisionId });
  return h(
    Panel,
    { title: 'Decision', close },
    h(Loaded<OneDecisionQuery>, {
      answer: decision,
      children: ({ decision: one }) =>
        one ? h(Closely, { one }) : h(Note, { title: 'There is no such decision any more.' }),
    }),
    h('h3', null, 'Why'),
    h(Loaded<ExplainDecisionQuery>, {
      answer: explanation,
      children: ({ decisionExplanation }) => decisionExplanation && h(Explanation, { of: decisionExplanation }),
    }),
  );
}

function Closely({ one }: { one: NonNullable<OneDecisionQuery['decision']> }) {
  const name = useName();
  const { outcome } = one;
  return h(
    'div',
    null,
    h('p', null, h(OutcomeBadge, { decision: one }), ' ', h('code', null, one.decisionId)),
    h(Facts, {
      of: [
        ['When', moment(one.createdAt)],
        ['Workspace', name(one.workspaceId)],
        ['Purpose', one.purpose ?? '–'],
        ['Model', one.logicalModelId ?? '–'],
        ['Sent to', one.providerAccountId ? `${one.upstreamModel} at ${name(one.providerAccountId)}` : '–'],
        ['Reckoned', `${number(one.estimatedInputTokens)} in, ${number(one.estimatedOutputTokens)} out`],
        ['Used', outcome ? `${number(outcome.inputTokens ?? 0)} in, ${number(outcome.outputTokens ?? 0)} out` : '–'],
        ['Latency', outcome?.latencyMs == null ? '–' : `${number(outcome.latencyMs)} ms`],
        ...(one.retryOf ? [['Retry of', h('code', null, one.retryOf)] as const] : []),
      ],
    }),
  );
}
