import { h } from 'preact';
import type { DecisionRowFragment as Decision } from '../graph/documents.generated.ts';
import { Badge } from '../parts/badge.ts';
import { words } from '../parts/format.ts';

/** What came of it, in a word. */
export function OutcomeBadge({ decision }: { decision: Decision }) {
  const { admitted, refusal, outcome, status } = decision;
  if (!admitted) return h(Badge, { word: 'refused', label: words(refusal?.code ?? 'refused') });
  if (outcome)
    return outcome.success
      ? h(Badge, { word: 'success' })
      : h(Badge, { word: 'failed', label: words(outcome.errorClass ?? 'failed') });
  return status === 'expired'
    ? h(Badge, { word: 'expired', label: 'not reported' })
    : h(Badge, { word: 'running', label: 'under way' });
}
