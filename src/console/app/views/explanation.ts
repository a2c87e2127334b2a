import { h } from 'preact';
import type { ExplanationFragment } from '../graph/documents.generated.ts';
import { Badge } from '../parts/badge.ts';
import { words } from '../parts/format.ts';
import { useName } from '../parts/names.ts';

/** Why a request goes where it goes: the hops that were tried, what would have to be another, and what each policy says. */
export function Explanation({ of }: { of: ExplanationFragment }) {
  const { policies, hops, smallestChange, refusal } = of;
  const name = useName();
  return h(
    'div',
    { class: 'explanation' },
    h(
      'ol',
      { class: 'steps' },
      hops.map((hop, at) =>
        h(
          'li',
          { key: at },
          h(Badge, {
            word: hop.admitted ? 'admitted' : 'refused',
            label: hop.admitted ? 'taken' : words(hop.code ?? 'passed over'),
          }),
          ' ',
          h('strong', null, hop.logicalModelId),
          hop.providerAccountId && h('span', { class: 'faint' }, ` at ${name(hop.providerAccountId)}`),
        ),
      ),
    ),
    refusal &&
      h(
        'p',
        null,
        `Refused by the ${words(refusal.level)}: ${words(refusal.code)}`,
        refusal.limit && ` (${refusal.limit})`,
        refusal.retryAfter !== null && `; room again in ${refusal.retryAfter} s`,
        '.',
      ),
    smallestChange &&
      h(
        'p',
        { class: 'change' },
        'Would have been admitted with ',
        h('code', null, `${smallestChange.field} = ${JSON.stringify(smallestChange.to)}`),
        ` of ${words(smallestChange.resourceType)} ${smallestChange.resourceId ? name(smallestChange.resourceId) : '(to be made)'}.`,
      ),
    h(Policies, { policies }),
  );
}

/** Long lists are cut: those that match come in any case. */
const SHOWN = 100;

function Policies({ policies }: Pick<ExplanationFragment, 'policies'>) {
  const shown = policies.filter(({ matched }, at) => matched || at < SHOWN);
  if (shown.length === 0) return h('p', { class: 'faint' }, 'There is no policy.');
  return h(
    'table',
    null,
    h('caption', null, 'What each policy says, in rank order'),
    h(
      'thead',
      null,
      h(
        'tr',
        null,
        ['Policy', 'Matches', 'Because'].map((title) => h('th', { key: title, scope: 'col' }, title)),
      ),
    ),
    h(
      'tbody',
      null,
      shown.map((verdict) =>
        h(
          'tr',
          { key: verdict.policyId },
          h('th', { scope: 'row' }, verdict.name),
          h('td', null, h(Badge, { word: verdict.matched ? 'admitted' : 'no', label: verdict.matched ? 'yes' : 'no' })),
          h(
            'td',
            null,
            verdict.matched ? 'all its conditions hold' : whyNot(verdict),
            verdict.changed && h('span', { class: 'faint' }, ' (changed since)'),
          ),
        ),
      ),
    ),
  );
}

function whyNot({ field, expected, actual }: ExplanationFragment['policies'][number]): string {
  return `${field} is ${actual === null ? 'not given' : JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
}
