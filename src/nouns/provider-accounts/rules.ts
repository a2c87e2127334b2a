import { type MonthUsage, usedUp } from '../../routing/account.ts';
import { monthEnd, periodOf } from '../../routing/limits.ts';
import type { AccountHealth, AccountStatus, ProviderAccount } from './model.ts';

/** Beginnings by which the keys of well-known providers are told. */
const KEY_STARTS =
  /^(sk-|sk_|pk_|rk_|gsk_|xai-|xox[abprs]-|ghp_|gho_|github_pat_|AKIA|ASIA|AIza|ya29\.|hf_|r8_|eyJ|Bearer\s|-----BEGIN)/i;

/** Why a text is no reference to credentials, or null. Secrets must never be stored, so what looks like one is refused. */
export function referenceProblem(reference: string): string | null {
  const at = reference.indexOf(':');
  const scheme = at < 0 ? '' : reference.slice(0, at);
  const rest = reference.slice(at + 1);
  if (looksLikeKey(reference) || looksLikeKey(rest))
    return 'give a reference to the credentials (env:NAME, vault:…, arn:…), never a key';
  if (scheme === 'env' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(rest))
    return 'env: names an environment variable: letters, digits and _';
  if (['vault', 'arn'].includes(scheme) && rest === '') return `${scheme}: must be followed by what it names`;
  return null;
}

function looksLikeKey(text: string): boolean {
  if (KEY_STARTS.test(text.trim())) return true;
  // Long text of one piece with letters and digits mixed reads as a key; references are short or made of parts.
  return (
    /^[A-Za-z0-9+=_-]{32,}$/.test(text) &&
    /\d/.test(text) &&
    /[a-z]/i.test(text) &&
    !/^[a-z]+([-_][a-z0-9]+)+$/i.test(text)
  );
}

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
