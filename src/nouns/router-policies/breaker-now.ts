import type { Context } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import type { Planned } from '../../resource/write.ts';
import { breakerInput } from '../../routing/breaker-input.ts';
import { type BreakerState, breakerAt, resetBreaker, type Watched } from '../../routing/policy-breaker.ts';
import { type breakerKeep, breakerReset } from '../../routing/rules.ts';
import { policyBreakers } from '../../routing/state.ts';
import { apply } from '../../store/rule.ts';
import { logicalModels } from '../logical-models/model.ts';
import type { RouterPolicy } from './model.ts';

/** A policy's breaker at this moment, batched over a selection. */
export async function breakerNow(
  ctx: Context,
  policy: RouterPolicy,
): Promise<{ breaker: BreakerState; watched: Watched }> {
  const [stored, model] = await Promise.all([
    ctx.loaders.get(policyBreakers, policy.id),
    ctx.loaders.get(logicalModels.collection, policy.routeTo),
  ]);
  const watched = { settings: policy.circuitBreaker, targets: model?.targets ?? [] };
  return { breaker: breakerAt(stored, watched, ctx.deps.now()), watched };
}

/** The breaker's own part of a change of its policy; the reply shows what it leaves. */
export async function breakerChange(
  ctx: Context,
  policy: RouterPolicy,
  rule: typeof breakerReset | typeof breakerKeep,
): Promise<Planned> {
  const { breaker, watched } = await breakerNow(ctx, policy);
  const key = { orgId: policy.orgId, id: policy.id };
  if (rule === breakerReset)
    ctx.loaders.expect(policyBreakers, { ...created(ctx, policy.id), ...resetBreaker(breaker) });
  const input = breakerInput(ctx, policy, watched.targets, ctx.deps.now());
  return { change: apply(rule, key, input) };
}
