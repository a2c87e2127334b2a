import { h } from 'preact';
import type { DecisionRowFragment } from '../graph/documents.generated.ts';
import { words } from '../parts/format.ts';

/** The models that were tried, in order: struck out where one was passed over, and why. */
export function Hops({ hops }: { hops: DecisionRowFragment['hops'] }) {
  if (hops.length === 0) return h('span', { class: 'faint' }, 'none');
  return h(
    'ol',
    { class: 'hops' },
    hops.map(({ logicalModelId, admitted, code }, at) =>
      h(
        'li',
        { key: at, class: admitted ? 'taken' : 'passed', title: code ? words(code) : undefined },
        logicalModelId,
        code && h('span', { class: 'hidden' }, `: ${words(code)}`),
      ),
    ),
  );
}
