import type { Context } from '../context.ts';
import { entitlements, grantKey, type ModelEntitlement } from '../model-entitlements/model.ts';
import { type LogicalModel, logicalModels, type Target } from '../models/model.ts';
import { type ProviderAccount, providerAccounts } from '../provider-accounts/model.ts';
import { healthCollection, usageIn } from '../provider-accounts/repository.ts';
import { monthOf, usedUp } from '../provider-accounts/rules.ts';
import { targetKey } from '../router-policies/breaker.ts';
import { type Limits, type Refused, reserve } from './limits.ts';
import {
  type DecisionContext,
  LEASE_MS,
  type Level,
  type Refusal,
  type RefusalCode,
  type SmallestChange,
} from './model.ts';
import { accountMeterId, entitlementMeterId, type Meter, meters } from './state.ts';
import { accountLimits, type Estimate, grantLimits, limitOf, totalOf } from './subjects.ts';

/** One logical model of the chain: who would serve it, or why nobody does. */
export type HopResult =
  | {
      admitted: true;
      model: LogicalModel;
      grant: ModelEntitlement;
      target: Target;
      account: ProviderAccount;
      grantLimits: Limits;
      accountLimits: Limits;
    }
  | { admitted: false; refusal: Refusal; accountId: string | null };

export interface Request {
  workspaceId: string;
  context: DecisionContext;
  estimate: Estimate;
  nowMs: number;
}

export function refuse(
  code: RefusalCode,
  level: Level,
  change: SmallestChange | null = null,
  more: Partial<Refusal> = {},
): Refusal {
  return { code, level, limit: null, retryAfter: null, change, ...more };
}

const no = (refusal: Refusal, accountId: string | null = null): HopResult => ({ admitted: false, refusal, accountId });

/** Checks a hop in the contract's order: model, grant and its lists, size, targets, and what is left of every limit. */
export async function tryHop(
  ctx: Context,
  request: Request,
  modelId: string,
  drawable: ((target: Target) => boolean) | null,
  passedOver: ReadonlySet<string>,
): Promise<HopResult> {
  const { store } = ctx.deps;
  const { orgId } = ctx.principal;
  const model = await store.get(logicalModels.collection, { orgId, id: modelId });
  const enabled = model?.targets.filter((target) => target.enabled) ?? [];
  if (!model?.enabled || enabled.length === 0)
    return no(refuse('MODEL_UNAVAILABLE', 'model', modelChange(model, modelId)));
  const grant = await store.getUnique(entitlements.collection, orgId, grantKey(request.workspaceId, modelId));
  const refusal = checkGrant(grant, request, modelId);
  if (refusal) return no(refusal);
  const targets = enabled.filter((target) => (drawable?.(target) ?? true) && !passedOver.has(targetKey(target)));
  return drawTarget(ctx, request, model, grant!, targets);
}

function modelChange(model: LogicalModel | null, modelId: string): SmallestChange | null {
  if (!model) return null;
  const change = (field: string) => ({ resourceType: 'logical_model', resourceId: modelId, field, to: true });
  if (!model.enabled) return model.targets.some((target) => target.enabled) ? change('enabled') : null;
  return model.targets.length === 0 ? null : change('targets.0.enabled');
}

function checkGrant(grant: ModelEntitlement | null, { context, estimate }: Request, modelId: string): Refusal | null {
  const change = (field: string, to: unknown): SmallestChange => ({
    resourceType: 'model_entitlement',
    resourceId: grant?.id ?? null,
    field,
    to,
  });
  if (!grant) return refuse('MODEL_NOT_ENTITLED', 'entitlement', change('logical_model_id', modelId));
  if (!grant.enabled) return refuse('ENTITLEMENT_DISABLED', 'entitlement', change('enabled', true));
  const { endpointId, endpointType, stepType, purpose } = context;
  const lists: [RefusalCode, string, string[] | null, (string | null)[]][] = [
    ['ENDPOINT_NOT_ALLOWED', 'allowed_endpoints', grant.allowedEndpoints, [endpointId, endpointType]],
    ['STEP_TYPE_NOT_ALLOWED', 'allowed_step_types', grant.allowedStepTypes, [stepType]],
    ['PURPOSE_NOT_ALLOWED', 'allowed_purposes', grant.allowedPurposes, [purpose]],
  ];
  for (const [code, field, list, values] of lists) {
    const given = values.filter((value) => value !== null);
    if (list === null || given.some((value) => list.includes(value))) continue;
    return refuse(code, 'entitlement', change(field, given[0] === undefined ? null : [...list, given[0]]));
  }
  const max = limitOf(grant.workspaceLimits, 'max_tokens_per_request');
  const size = totalOf(estimate);
  if (max === null || size <= max) return null;
  const key = 'max_tokens_per_request';
  return refuse('REQUEST_TOO_LARGE', 'entitlement', change(`workspace_limits.${key}`, size), { limit: key });
}

/** The grant's limits, then the targets one after the other in a draw by weight: the first whose account has room. */
async function drawTarget(
  ctx: Context,
  request: Request,
  model: LogicalModel,
  grant: ModelEntitlement,
  targets: Target[],
): Promise<HopResult> {
  const candidates = await candidatesOf(ctx, request, targets);
  if (!Array.isArray(candidates)) return no(candidates);
  const ofGrant = grantLimits(grant, request.estimate);
  const refusedGrant = check(await meterOf(ctx, entitlementMeterId(grant.id)), ofGrant, request);
  if (refusedGrant) return no(grantRefusal(grant, refusedGrant));
  let first: HopResult | null = null;
  for (const { target, account } of inDrawnOrder(candidates, ctx.deps.random)) {
    const ofAccount = accountLimits(account, request.estimate);
    const refused = check(await meterOf(ctx, accountMeterId(account.id)), ofAccount, request);
    if (!refused)
      return { admitted: true, model, grant, target, account, grantLimits: ofGrant, accountLimits: ofAccount };
    first ??= no(accountRefusal(account, refused), account.id);
  }
  return first ?? no(refuse('ACCOUNT_UNAVAILABLE', 'provider_account'));
}

async function meterOf(ctx: Context, id: string): Promise<Meter | null> {
  return ctx.deps.store.get(meters, { orgId: ctx.principal.orgId, id });
}

function check(meter: Meter | null, limits: Limits, { estimate, nowMs }: Request): Refused | null {
  const answer = reserve(meter, { limits, tokens: totalOf(estimate), nowMs, leaseEndsMs: nowMs + LEASE_MS });
  return 'refused' in answer ? answer.refused : null;
}

interface Candidate {
  target: Target;
  account: ProviderAccount;
}

/** Targets on accounts that are active or, where none is, degraded; what rules the last one out is the refusal. */
async function candidatesOf(ctx: Context, request: Request, targets: Target[]): Promise<Candidate[] | Refusal> {
  const active: Candidate[] = [];
  const degraded: Candidate[] = [];
  let usedUpBy: Refusal | null = null;
  let disabled: SmallestChange | null = null;
  for (const target of targets) {
    const key = { orgId: ctx.principal.orgId, id: target.providerAccountId };
    const account = await ctx.deps.store.get(providerAccounts.collection, key);
    if (!account) continue;
    if (!account.enabled) {
      disabled ??= { resourceType: 'provider_account', resourceId: account.id, field: 'enabled', to: true };
      continue;
    }
    const meter = await meterOf(ctx, accountMeterId(account.id));
    const usage = usageIn(meter, monthOf(request.nowMs));
    if (usedUp(account, usage) !== null) {
      const refused = check(meter, accountLimits(account, request.estimate), request);
      usedUpBy ??= refused?.code === 'QUOTA_EXCEEDED' ? accountRefusal(account, refused) : null;
      continue;
    }
    const state = (await ctx.deps.store.get(healthCollection, key))?.state ?? 'active';
    if (state === 'active') active.push({ target, account });
    else if (state === 'degraded') degraded.push({ target, account });
  }
  if (active.length > 0) return active;
  return degraded.length > 0 ? degraded : (usedUpBy ?? refuse('ACCOUNT_UNAVAILABLE', 'provider_account', disabled));
}

/** A weighted shuffle: each next one is drawn among those left, by weight. */
export function inDrawnOrder<T extends { target: Target }>(candidates: readonly T[], random: () => number): T[] {
  const left = [...candidates];
  const order: T[] = [];
  while (left.length > 0) {
    let mark = random() * left.reduce((sum, { target }) => sum + target.weight, 0);
    const at = left.findIndex(({ target }) => {
      mark -= target.weight;
      return mark < 0;
    });
    order.push(...left.splice(at < 0 ? left.length - 1 : at, 1));
  }
  return order;
}

function grantRefusal(grant: ModelEntitlement, { code, limit, waitMs, remedy }: Refused): Refusal {
  const change = remedy && {
    resourceType: 'model_entitlement',
    resourceId: grant.id,
    field: `workspace_limits.${remedy.key}`,
    to: remedy.to,
  };
  return refuse(code, 'entitlement', change, { limit, retryAfter: secondsOf(waitMs) });
}

/** `wait` says when there will be room, if that is not too long; `reject` says nothing. */
function accountRefusal(account: ProviderAccount, { code, limit, waitMs, remedy }: Refused): Refusal {
  const group =
    remedy?.key.startsWith('max_') && remedy.key !== 'max_concurrency' ? 'quota_policy' : 'rate_limit_policy';
  const change = remedy && {
    resourceType: 'provider_account',
    resourceId: account.id,
    field: `${group}.${remedy.key}`,
    to: remedy.to,
  };
  const { queuePolicy, queueTimeoutSeconds } = account.rateLimitPolicy;
  const seconds = secondsOf(waitMs);
  const retryAfter = queuePolicy === 'wait' && seconds !== null && seconds <= queueTimeoutSeconds ? seconds : null;
  return refuse(code, 'provider_account', change, { limit, retryAfter });
}

export function secondsOf(waitMs: number | null): number | null {
  return waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
}
