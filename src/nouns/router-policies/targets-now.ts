import type { Context } from '../../resource/context.ts';
import * as field from '../../resource/field/index.ts';
import { admits, freeAt, targetKey, windowOf } from '../../routing/breaker.ts';
import { targetOf } from '../../routing/policy-breaker.ts';
import type { TargetBreaker } from '../../routing/state.ts';
import { breakerNow } from './breaker-now.ts';
import type { RouterPolicy } from './model.ts';

const targetState = field.words<TargetBreaker['state']>('RouterPolicyTargetState', "A target's breaker.", {
  closed: 'Requests go to it.',
  open: 'None do, until its cooldown ends.',
  half_open: 'A few probe whether it has recovered.',
});

export const policyTarget = field.object(
  'RouterPolicyTarget',
  'One way to serve the model that a policy routes to, as its breaker sees it now.',
  {
    providerAccountId: field.made(field.id('The account that serves it.')),
    upstreamModel: field.made(field.id("The provider's own name of the model.")),
    weight: field.made(field.smallInteger(1, {}, 'Its share among the targets.')),
    enabled: field.made(field.flag(true, 'Whether it takes part.')),
    state: field.made(field.word(targetState, 'closed', 'The state of its breaker.')),
    results: field.made(field.count('Results in the evaluation window; none are counted while it is not closed.')),
    failures: field.made(field.count('Those that failed.')),
    slow: field.made(field.count('Those that were slow.')),
    consecutiveFailures: field.made(field.count('Failures in a row.')),
    openUntil: field.made(field.optionalTime('While it is open: when its cooldown ends.')),
    nextProbeAt: field.made(
      field.optionalTime('When the next request may go to it; null: now, unless it is disabled.'),
    ),
    probes: field.made(field.count('Probes under way, in half-open.')),
    probeSuccesses: field.made(field.count('Probes that have succeeded; `halfOpenRequests` of them close it.')),
  },
);
export type PolicyTarget = field.ValuesOf<typeof policyTarget.fields>;

/** Every target of the policy's model, with what its breaker holds of it at this moment. */
export async function targetsNow(ctx: Context, policy: RouterPolicy): Promise<PolicyTarget[]> {
  const { breaker, watched } = await breakerNow(ctx, policy);
  const now = ctx.deps.now();
  return watched.targets.map((target) => {
    const current = targetOf(breaker, targetKey(target));
    const { results, failures, slow } = windowOf(current, watched.settings, now);
    return {
      ...target,
      state: current.state,
      results,
      failures,
      slow,
      consecutiveFailures: current.consecutive,
      openUntil: current.state === 'open' ? isoOf(current.openUntil) : null,
      nextProbeAt: admits(current, watched.settings, now) ? null : isoOf(freeAt(current)),
      probes: Object.keys(current.probes).length,
      probeSuccesses: current.probeSuccesses,
    };
  });
}

/** The last moment that RFC 3339 can write: a cooldown, or what a provider asks to wait, may reach beyond it. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

function isoOf(ms: number): string {
  return new Date(Math.min(ms, LAST_MS)).toISOString();
}
