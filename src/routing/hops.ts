import { observedOf, usageIn, usedUp } from './account.ts';
import { targetKey } from './breaker.ts';
import {
  type Account,
  type DecisionContext,
  type Grant,
  LEASE_MS,
  type Level,
  type Model,
  type Refusal,
  type RefusalCode,
  type SmallestChange,
  type Target,
} from './facts.ts';
import { type Limits, periodOf, type Refused, refusalOf } from './limits.ts';
import { accountMeterId, entitlementMeterId } from './state.ts';
import { accountLimits, type Estimate, grantLimits, limitOf, totalOf } from './subjects.ts';
import type { RoutingWorld } from './world.ts';

/** One logical model of the chain: who would serve it, or why nobody does. */
export type HopResult =
  | {
      admitted: true;
      model: Model;
      grant: Grant;
      target: Target;
      account: Account;
      grantLimits: Limits;
      accountLimits: Limits;
    }
  | {
      admitted: false;
      refusal: Refusal;
      accountId: string | null;
      /** Changes that would each take what refused out of the way. */
      remedies: SmallestChange[];
    };

export interface Request {
  context: DecisionContext;
  estimate: Estimate;
  /** Targets that just failed this request. */
  passedOver: ReadonlySet<string>;
}

export function refuse(code: RefusalCode, level: Level, more: Partial<Refusal> = {}): Refusal {
  return { code, level, limit: null, retryAfter: null, change: null, ...more };
}

const no = (refusal: Refusal, remedies: SmallestChange[], accountId: string | null = null): HopResult => ({
  admitted: false,
  refusal,
  accountId,
  remedies,
});

/** Checks a hop in the contract's order: model, grant with its lists, size and limits, then targets and their accounts. */
export function tryHop(
  world: RoutingWorld,
  request: Request,
  modelId: string,
  drawable: (target: Target) => boolean,
  draw: () => number,
): HopResult {
  const model = world.models.get(modelId);
  const enabled = model?.targets.filter((target) => target.enabled) ?? [];
  if (!model?.enabled || enabled.length === 0)
    return no(refuse('MODEL_UNAVAILABLE', 'model'), model ? modelRemedies(model) : []);
  const grant = world.grants.get(modelId);
  if (!grant) return no(refuse('MODEL_NOT_ENTITLED', 'entitlement'), [ofGrant(null, 'logical_model_id', modelId)]);
  const refusal = checkGrant(grant, request);
  if (refusal) return refusal;
  const targets = enabled.filter((target) => drawable(target) && !request.passedOver.has(targetKey(target)));
  const refused = check(world, entitlementMeterId(grant.id), grantLimits(grant, request.estimate), request);
  if (refused) return grantRefusal(grant, refused, () => readyIn(world, request, targets));
  return drawTarget(world, request, model, grant, targets, draw);
}

function modelRemedies(model: Model): SmallestChange[] {
  return [...(model.enabled ? [] : [ofModel(model, 'enabled')]), ...targetRemedies(model)];
}

/** Where every enabled target refuses, a disabled one may not. */
export function targetRemedies(model: Model): SmallestChange[] {
  return model.targets.flatMap((target, at) => (target.enabled ? [] : [ofModel(model, `targets.${at}.enabled`)]));
}

function ofModel(model: Model, field: string): SmallestChange {
  return { resourceType: 'logical_model', resourceId: model.id, field, to: true };
}

function ofGrant(grant: Grant | null, field: string, to: unknown): SmallestChange {
  return { resourceType: 'model_entitlement', resourceId: grant?.id ?? null, field, to };
}

function checkGrant(grant: Grant, { context, estimate }: Request): HopResult | null {
  if (!grant.enabled) return no(refuse('ENTITLEMENT_DISABLED', 'entitlement'), [ofGrant(grant, 'enabled', true)]);
  const { endpointId, endpointType, stepType, purpose } = context;
  const lists: [RefusalCode, string, string[] | null, (string | null)[]][] = [
    ['ENDPOINT_NOT_ALLOWED', 'allowed_endpoints', grant.allowedEndpoints, [endpointId, endpointType]],
    ['STEP_TYPE_NOT_ALLOWED', 'allowed_step_types', grant.allowedStepTypes, [stepType]],
    ['PURPOSE_NOT_ALLOWED', 'allowed_purposes', grant.allowedPurposes, [purpose]],
  ];
  for (const [code, field, list, values] of lists) {
    const given = values.filter((value) => value !== null);
    if (list === null || given.some((value) => list.includes(value))) continue;
    const to = given[0] === undefined ? null : [...list, given[0]];
    return no(refuse(code, 'entitlement'), [ofGrant(grant, field, to)]);
  }
  const limit = 'max_tokens_per_request';
  const max = limitOf(grant.workspaceLimits, limit);
  const size = totalOf(estimate);
  if (max !== null && size > max)
    return no(refuse('REQUEST_TOO_LARGE', 'entitlement', { limit }), [
      ofGrant(grant, `workspace_limits.${limit}`, size),
    ]);
  return null;
}

/** There is room only when an account has it, too. */
function grantRefusal(grant: Grant, { code, limit, waitMs, remedy }: Refused, ready: () => number | null): HopResult {
  const remedies = remedy ? [ofGrant(grant, `workspace_limits.${remedy.key}`, remedy.to)] : [];
  const accountsIn = waitMs === null ? null : ready();
  const retryAfter = waitMs === null || accountsIn === null ? null : Math.max(secondsOf(waitMs), accountsIn);
  return no(refuse(code, 'entitlement', { limit, retryAfter }), remedies);
}

/** Seconds until the first account has room; null where none says when. */
function readyIn(world: RoutingWorld, request: Request, targets: Target[]): number | null {
  const { candidates, unusable } = candidatesOf(world, request, targets);
  const refused = candidates.map(({ account }) => refusedBy(world, request, account));
  const waits = [...refused, ...unusable].map((one) => (one ? one.refusal.retryAfter : 0));
  const known = waits.filter((seconds) => seconds !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

function refusedBy(world: RoutingWorld, request: Request, account: Account): AccountRefusal | null {
  const refused = check(world, accountMeterId(account.id), accountLimits(account, request.estimate), request);
  return refused && accountRefusal(account, refused);
}

/** The targets one after the other in a draw by weight: the first whose account has room. */
function drawTarget(
  world: RoutingWorld,
  request: Request,
  model: Model,
  grant: Grant,
  targets: Target[],
  draw: () => number,
): HopResult {
  const { candidates, unusable } = candidatesOf(world, request, targets);
  const refusals = [...unusable];
  for (const { target, account } of inDrawnOrder(candidates, draw)) {
    const refused = refusedBy(world, request, account);
    if (!refused)
      return {
        ...{ admitted: true, model, grant, target, account },
        grantLimits: grantLimits(grant, request.estimate),
        accountLimits: accountLimits(account, request.estimate),
      };
    refusals.push(refused);
  }
  // Of those that could not take it the drawn ones come first, then the used-up ones: what they say is more than that one is away.
  const drawn = refusals.slice(unusable.length);
  const usedUpOnes = unusable.filter(({ refusal }) => refusal.code === 'QUOTA_EXCEEDED');
  const told = soonest(drawn) ?? soonest(usedUpOnes);
  const remedies = [...[...drawn, ...unusable].flatMap((one) => one.remedies), ...targetRemedies(model)];
  return told
    ? no(told.refusal, remedies, drawn.length > 0 ? told.accountId : null)
    : no(refuse('ACCOUNT_UNAVAILABLE', 'provider_account'), remedies);
}

/** Whose room is first: a caller that waits for it is let go. Of those that say the same, or nothing, the one that was drawn first. */
function soonest(refusals: readonly AccountRefusal[]): AccountRefusal | undefined {
  const waitOf = ({ refusal }: AccountRefusal) => refusal.retryAfter ?? Number.POSITIVE_INFINITY;
  return refusals.toSorted((one, other) => waitOf(one) - waitOf(other) || 0)[0];
}

function check(world: RoutingWorld, meterId: string, limits: Limits, { estimate }: Request): Refused | null {
  const { nowMs } = world;
  const reservation = { limits, tokens: totalOf(estimate), nowMs, leaseEndsMs: nowMs + LEASE_MS };
  return refusalOf(world.meters.get(meterId) ?? null, reservation);
}

interface Candidate {
  target: Target;
  account: Account;
}

interface AccountRefusal {
  refusal: Refusal;
  accountId: string;
  remedies: SmallestChange[];
}

/** Targets on accounts that are active or, where none is, degraded; and what keeps the others out. */
function candidatesOf(
  world: RoutingWorld,
  request: Request,
  targets: Target[],
): { candidates: Candidate[]; unusable: AccountRefusal[] } {
  const active: Candidate[] = [];
  const degraded: Candidate[] = [];
  const unusable: AccountRefusal[] = [];
  for (const target of targets) {
    const account = world.accounts.get(target.providerAccountId);
    if (!account) continue;
    const refusal = unusableAccount(world, request, account);
    const state = observedOf(account, world.health.get(account.id) ?? null)?.state ?? 'active';
    if (refusal) unusable.push(refusal);
    else if (state === 'active') active.push({ target, account });
    else if (state === 'degraded') degraded.push({ target, account });
  }
  return { candidates: active.length > 0 ? active : degraded, unusable };
}

function unusableAccount(world: RoutingWorld, request: Request, account: Account): AccountRefusal | null {
  if (!account.enabled) {
    const change = { resourceType: 'provider_account', resourceId: account.id, field: 'enabled', to: true };
    return { refusal: refuse('ACCOUNT_UNAVAILABLE', 'provider_account'), accountId: account.id, remedies: [change] };
  }
  const id = accountMeterId(account.id);
  if (usedUp(account, usageIn(world.meters.get(id) ?? null, periodOf(world.nowMs))) === null) return null;
  const month: Limits = { ...accountLimits(account, request.estimate), rates: [], concurrency: null };
  const refused = check(world, id, month, request);
  const whole = check(world, id, accountLimits(account, request.estimate), request);
  return refused && accountRefusal(account, { ...refused, waitMs: whole?.waitMs ?? null });
}

/** A weighted shuffle: each next one is drawn among those left, by weight. */
function inDrawnOrder<T extends { target: Target }>(candidates: readonly T[], random: () => number): T[] {
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

/** `wait` says when there will be room, if that is not too long; `reject` says nothing. */
function accountRefusal(account: Account, { code, limit, waitMs, remedy }: Refused): AccountRefusal {
  const group =
    remedy?.key.startsWith('max_') && remedy.key !== 'max_concurrency' ? 'quota_policy' : 'rate_limit_policy';
  const change = remedy && {
    resourceType: 'provider_account',
    resourceId: account.id,
    field: `${group}.${remedy.key}`,
    to: remedy.to,
  };
  const { queuePolicy, queueTimeoutSeconds } = account.rateLimitPolicy;
  const seconds = waitMs === null ? null : secondsOf(waitMs);
  const retryAfter = queuePolicy === 'wait' && seconds !== null && seconds <= queueTimeoutSeconds ? seconds : null;
  return {
    refusal: refuse(code, 'provider_account', { limit, retryAfter }),
    accountId: account.id,
    remedies: change ? [change] : [],
  };
}

export function secondsOf(waitMs: number): number {
  return Math.min(Math.max(1, Math.ceil(waitMs / 1000)), Number.MAX_SAFE_INTEGER);
}
