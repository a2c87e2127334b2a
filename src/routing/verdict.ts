import type { Policy } from './facts.ts';
import { actualOf, type Compiled, firstFailing, type MatchContext } from './matching.ts';

/** Whether a policy takes part and matches a request, or what keeps it out. */
export interface PolicyVerdict<P extends Policy = Policy> {
  policy: P;
  matched: boolean;
  /** The first condition that failed, by its documented name. */
  field: string | null;
  expected: string | boolean | null;
  actual: string | boolean | null;
}

export function verdictOf<P extends Policy>(
  { policy, conditions }: Compiled<P>,
  context: MatchContext,
): PolicyVerdict<P> {
  if (!policy.enabled) return { policy, matched: false, field: 'enabled', expected: true, actual: false };
  const failed = firstFailing(conditions, context);
  if (!failed) return { policy, matched: true, field: null, expected: null, actual: null };
  const { field, expected } = failed;
  return { policy, matched: false, field, expected, actual: actualOf(failed, context) };
}
