import type { Context } from '../resource/context.ts';
import type { Policy } from './facts.ts';
import { type BreakerInput, breakerEvents } from './rules.ts';

/** What every rule over a policy's breaker is given. */
export function breakerInput(
  ctx: Context,
  policy: Pick<Policy, 'id' | 'circuitBreaker'>,
  targets: BreakerInput['targets'],
  nowMs: number,
): BreakerInput {
  return {
    orgId: ctx.principal.orgId,
    policyId: policy.id,
    settings: policy.circuitBreaker,
    targets,
    nowMs,
    eventIds: Array.from({ length: breakerEvents(targets) }, () => ctx.deps.ids.next('rev_')),
  };
}
