import type { Account, Grant, Model } from './facts.ts';
import { type Compiled, compareRank } from './matching.ts';

export interface LintWarning {
  code: LintCode;
  policyId: string;
  message: string;
  /** The policy, model, account or entitlement that it is about, besides the policy itself. */
  relatedId: string | null;
}

export const LINT_CODES = {
  POLICY_UNREACHABLE: 'A policy of higher rank matches whenever this one does.',
  POLICY_OVERLAP: 'Another policy of equal priority and specificity can match the same request.',
  FALLBACK_CYCLE: 'The chain of fallbacks leads back to a model already tried.',
  FALLBACK_NOT_ENTITLED: 'The workspaces that the policy serves have no grant for its fallback.',
  NO_ENABLED_TARGET: 'The model that it routes to is disabled or has no enabled target.',
  ACCOUNT_DISABLED: 'An enabled target lies on a disabled account.',
  LIMIT_ABOVE_ACCOUNT: "A grant's limit is above what the model's accounts allow.",
  BREAKER_NEVER_TRIPS: 'The window is too short to hold the minimum of requests.',
} as const;
export type LintCode = keyof typeof LINT_CODES;

/** All that the linter looks at. */
export interface LintWorld {
  policies: Compiled[];
  models: Map<string, Model>;
  accounts: Map<string, Account>;
  /** By logical model. */
  grants: Map<string, Grant[]>;
}

export function lintPolicy(subject: Compiled, world: LintWorld): LintWarning[] {
  const { policy } = subject;
  const warn = (code: LintCode, relatedId: string | null = null): LintWarning => ({
    code,
    policyId: policy.id,
    message: LINT_CODES[code],
    relatedId,
  });
  const targets = enabledTargets(world.models.get(policy.routeTo));
  const accounts = targets
    .map((target) => world.accounts.get(target.providerAccountId))
    .filter((account) => account !== undefined);
  return [
    ...shadows(subject, world).map(({ code, id }) => warn(code, id)),
    ...(hasCycle(subject, world) ? [warn('FALLBACK_CYCLE', policy.fallback)] : []),
    ...(isFallbackGranted(subject, world) ? [] : [warn('FALLBACK_NOT_ENTITLED', policy.fallback)]),
    ...(targets.length === 0 ? [warn('NO_ENABLED_TARGET', policy.routeTo)] : []),
    ...accounts.filter((account) => !account.enabled).map((account) => warn('ACCOUNT_DISABLED', account.id)),
    ...tooWide(subject, world, accounts).map((id) => warn('LIMIT_ABOVE_ACCOUNT', id)),
    ...(canTrip(subject, accounts) ? [] : [warn('BREAKER_NEVER_TRIPS')]),
  ];
}

function enabledTargets(model: Model | undefined) {
  return model?.enabled ? model.targets.filter((target) => target.enabled) : [];
}

function shadows(subject: Compiled, world: LintWorld): { code: 'POLICY_UNREACHABLE' | 'POLICY_OVERLAP'; id: string }[] {
  if (!subject.policy.enabled) return [];
  const found: { code: 'POLICY_UNREACHABLE' | 'POLICY_OVERLAP'; id: string }[] = [];
  for (const other of world.policies) {
    if (other.policy.id === subject.policy.id || !other.policy.enabled) continue;
    const equal =
      other.policy.priority === subject.policy.priority && other.conditions.length === subject.conditions.length;
    if (equal && areCompatible(subject, other)) found.push({ code: 'POLICY_OVERLAP', id: other.policy.id });
    else if (!equal && compareRank(other, subject) < 0 && includesAll(subject, other))
      found.push({ code: 'POLICY_UNREACHABLE', id: other.policy.id });
  }
  return found;
}

/** Whether some request could meet both: no field is asked to have two values. */
function areCompatible(left: Compiled, right: Compiled): boolean {
  return left.conditions.every((one) =>
    right.conditions.every((other) => one.field !== other.field || one.expected === other.expected),
  );
}

function includesAll(subject: Compiled, other: Compiled): boolean {
  return other.conditions.every((one) =>
    subject.conditions.some((own) => own.field === one.field && own.expected === one.expected),
  );
}

function hasCycle({ policy }: Compiled, world: LintWorld): boolean {
  const starts = [[policy.routeTo], ...(policy.fallback === null ? [] : [[policy.routeTo, policy.fallback]])];
  const fallbackOf = (id: string | undefined) => (id === undefined ? null : (world.models.get(id)?.fallback ?? null));
  return starts.some((seen) => {
    for (let id = fallbackOf(seen.at(-1)); id !== null; id = fallbackOf(id)) {
      if (seen.includes(id)) return true;
      seen.push(id);
    }
    return false;
  });
}

function isFallbackGranted({ policy }: Compiled, world: LintWorld): boolean {
  if (policy.fallback === null) return true;
  const grants = (world.grants.get(policy.fallback) ?? []).filter((grant) => grant.enabled);
  const { workspaceId } = policy.match;
  return workspaceId === null ? grants.length > 0 : grants.some((grant) => grant.workspaceId === workspaceId);
}

const COMPARABLE = {
  requests_per_minute: (account: Account) => account.rateLimitPolicy.requestsPerMinute,
  max_requests_per_month: (account: Account) => account.quotaPolicy.maxRequestsPerMonth,
  max_tokens_per_month: (account: Account) => account.quotaPolicy.maxTokensPerMonth,
  max_concurrency: (account: Account) => account.rateLimitPolicy.maxConcurrency,
};

function tooWide({ policy }: Compiled, world: LintWorld, accounts: Account[]): string[] {
  if (accounts.length === 0) return [];
  const { workspaceId } = policy.match;
  const grants = (world.grants.get(policy.routeTo) ?? []).filter(
    (grant) => workspaceId === null || grant.workspaceId === workspaceId,
  );
  return grants
    .filter((grant) =>
      Object.entries(COMPARABLE).some(([key, of]) => isAbove(grant.workspaceLimits[key], accounts.map(of))),
    )
    .map((grant) => grant.id);
}

function isAbove(limit: unknown, allowed: (number | null)[]): boolean {
  if (typeof limit !== 'number' || allowed.includes(null)) return false;
  return limit > (allowed as number[]).reduce((sum, one) => sum + one, 0);
}

/** Requests a second of one account at best, when each takes a tenth of a second. */
const ANSWERS_PER_SECOND = 10;

function canTrip({ policy }: Compiled, accounts: Account[]): boolean {
  const { evaluationWindowSeconds, minRequestsThreshold } = policy.circuitBreaker;
  const rates = accounts.map(({ rateLimitPolicy: limits }) =>
    Math.min(
      limits.maxConcurrency * ANSWERS_PER_SECOND,
      limits.requestsPerSecond ?? Number.POSITIVE_INFINITY,
      (limits.requestsPerMinute ?? Number.POSITIVE_INFINITY) / 60,
    ),
  );
  const perSecond = rates.length === 0 ? 10 * ANSWERS_PER_SECOND : rates.reduce((sum, rate) => sum + rate, 0);
  return perSecond * evaluationWindowSeconds >= minRequestsThreshold;
}
