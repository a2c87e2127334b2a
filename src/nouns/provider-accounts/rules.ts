import { type MonthUsage, usedUp } from '../../routing/account.ts';
import { monthEnd, periodOf } from '../../routing/limits.ts';
import type { AccountHealth, AccountStatus, ProviderAccount } from './model.ts';

/** What is observed: the operator's switch first, then the month's quota, then what health checks saw. */
export function statusOf(
  account: ProviderAccount,
  usage: MonthUsage,
  health: Pick<AccountHealth, 'state' | 'reason'> | null,
): { status: AccountStatus; reason: string | null } {
  if (!account.enabled) return { status: 'inactive', reason: 'disabled by its operator' };
  const used = usedUp(account, usage);
  if (used) return { status: 'quota_exceeded', reason: `${used} is used up for this month` };
  return { status: health?.state ?? 'active', reason: health?.reason ?? null };
}

/** When the month's quota will be gone if use goes on as it did since the month began; null: not in this month. */
export function exhaustedAt(
  { quotaPolicy }: Pick<ProviderAccount, 'quotaPolicy'>,
  usage: MonthUsage,
  nowMs: number,
): string | null {
  const start = Date.parse(`${periodOf(nowMs)}-01T00:00:00.000Z`);
  const quotas = [
    [quotaPolicy.maxTokensPerMonth, usage.tokens],
    [quotaPolicy.maxRequestsPerMonth, usage.requests],
  ] as const;
  const moments = quotas.flatMap(([limit, used]) =>
    limit === null || used === 0 ? [] : [start + ((nowMs - start) * limit) / used],
  );
  if (moments.length === 0) return null;
  const soonest = Math.max(nowMs, Math.min(...moments));
  return soonest < monthEnd(nowMs) ? new Date(soonest).toISOString() : null;
}
