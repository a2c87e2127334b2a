import type { AccountDaysQuery, AccountsQuery } from '../graph/documents.generated.ts';

export type Account = NonNullable<AccountsQuery['providerAccounts']>['nodes'][number];

export interface Month {
  from: string;
  fromMs: number;
  untilMs: number;
}

/** The present month, in which quotas are counted: UTC. */
export function monthNow(): Month {
  const now = new Date();
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const fromMs = Date.UTC(year, month, 1);
  return { from: new Date(fromMs).toISOString(), fromMs, untilMs: Date.UTC(year, month + 1, 1) };
}

/** The tokens of an account by the day they were used on, oldest first. */
export type Days = readonly (readonly [startMs: number, tokens: number])[];

export function daysOf(answer: AccountDaysQuery | null): ReadonlyMap<string, Days> {
  const days = new Map<string, (readonly [number, number])[]>();
  for (const { startsAt, byAccount } of [...(answer?.usage?.nodes ?? [])].reverse())
    for (const { id, usage } of byAccount) {
      const list = days.get(id) ?? [];
      list.push([Date.parse(startsAt), usage.inputTokens + usage.outputTokens]);
      days.set(id, list);
    }
  return days;
}
