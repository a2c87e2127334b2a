import { h } from 'preact';
import { useState } from 'preact/hooks';
import {
  type DecideInput,
  ExplainChoices,
  type ExplainChoicesQuery,
  Explain as ExplainDocument,
  type ExplainQuery,
} from '../graph/documents.generated.ts';
import { ask, type Refusal } from '../graph/graph.ts';
import { useQuery } from '../graph/use-query.ts';
import { Badge } from '../parts/badge.ts';
import { Failed, Loaded, Note } from '../parts/state.ts';
import { ExplainForm } from './explain-form.ts';
import { Explanation } from './explanation.ts';

type Explained = NonNullable<ExplainQuery['explainDecide']>;

/** Where a request would go, and why; nothing is reserved. */
export function Explain() {
  const choices = useQuery(ExplainChoices, {}, { on: ['workspace.*', 'logical_model.*'] });
  const [explained, setExplained] = useState<Explained | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [asked, setAsked] = useState<DecideInput | null>(null);
  const explain = async (input: DecideInput) => {
    setAsked(input);
    try {
      const { explainDecide } = await ask(ExplainDocument, { input });
      setExplained(explainDecide);
      setRefusal(null);
    } catch (cause) {
      setRefusal(cause as Refusal);
    }
  };
  return h(Loaded<ExplainChoicesQuery>, {
    answer: choices,
    children: (choices) =>
      (choices.workspaces?.nodes.length ?? 0) === 0
        ? h(Note, { title: 'There is no workspace yet that could ask.' })
        : h(
            'div',
            { class: 'explain' },
            h(ExplainForm, { choices, explain: (input) => void explain(input) }),
            h(
              'section',
              { class: 'answer', 'aria-live': 'polite', 'aria-label': 'Explanation' },
              refusal && asked
                ? h(Failed, { refusal, again: () => void explain(asked) })
                : explained
                  ? h(Shown, { explained })
                  : h(Note, { title: 'Describe a request to see where it would go.' }),
            ),
          ),
  });
}

function Shown({ explained }: { explained: Explained }) {
  const { admitted, hops } = explained;
  const taken = hops.find((hop) => hop.admitted);
  return h(
    'div',
    { class: 'card' },
    h(
      'h2',
      null,
      h(Badge, { word: admitted ? 'admitted' : 'refused' }),
      taken && h('span', null, ` · goes to ${taken.logicalModelId}`),
    ),
    h(Explanation, { of: explained }),
  );
}
