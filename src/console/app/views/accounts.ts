import { h } from 'preact';
import { useMemo } from 'preact/hooks';
import { AccountDays, Accounts as AccountsDocument, type AccountsQuery } from '../graph/documents.generated.ts';
import { useQuery } from '../graph/use-query.ts';
import { Badge } from '../parts/badge.ts';
import { ago, compact, date, number, percent, words } from '../parts/format.ts';
import { Meter } from '../parts/meter.ts';
import { Loaded, Note } from '../parts/state.ts';
import { BurnDown } from './burn-down.ts';
import { type Account, type Days, daysOf, monthNow } from './month.ts';

/** What is paid for: how it does, and how far the month's quota reaches. */
export function Accounts() {
  const month = useMemo(monthNow, []);
  const accounts = useQuery(AccountsDocument, {}, { every: 5_000, on: ['provider_account.*', 'account.*', 'quota.*'] });
  const days = useQuery(AccountDays, { since: month.from }, { every: 30_000 });
  const byAccount = useMemo(() => daysOf(days.data), [days.data]);
  return h(Loaded<AccountsQuery>, {
    answer: accounts,
    children: ({ providerAccounts }) => {
      const { nodes = [], totalCount = 0 } = providerAccounts ?? {};
      if (nodes.length === 0) return h(Note, { title: 'There is no provider account yet.' });
      return h(
        'div',
        null,
        h(Summary, { accounts: nodes, total: totalCount }),
        h(
          'ul',
          { class: 'cards' },
          nodes.map((account) =>
            h(Card, { key: account.providerAccountId, account, days: byAccount.get(account.providerAccountId) }),
          ),
        ),
      );
    },
  });
}

function Summary({ accounts, total }: { accounts: readonly Account[]; total: number }) {
  const well = accounts.filter(({ status }) => status === 'active').length;
  const tokens = accounts.reduce((sum, { quotaPolicy }) => sum + quotaPolicy.currentMonthTokens, 0);
  const more = total > accounts.length ? ` (the newest ${accounts.length} of ${number(total)})` : '';
  return h(
    'p',
    { class: 'summary' },
    `${well} of ${accounts.length} answer${more}; ${number(tokens)} tokens this month.`,
  );
}

function Card({ account, days }: { account: Account; days: Days | undefined }) {
  const { name, providerType, region, status, statusReason, lastHealthCheck, logicalModels } = account;
  const models = logicalModels?.nodes.map(({ logicalModelId }) => logicalModelId) ?? [];
  return h(
    'li',
    { class: 'card' },
    h(
      'header',
      null,
      h('h2', null, name),
      h(Badge, { word: status, title: statusReason ?? undefined }),
      h('p', { class: 'faint' }, [words(providerType), region].filter(Boolean).join(' · ')),
    ),
    statusReason && h('p', { class: 'reason' }, statusReason),
    h(Month, { account, days }),
    h(
      'footer',
      { class: 'faint' },
      models.length > 0 ? models.join(', ') : 'serves no model',
      lastHealthCheck && ` · checked ${ago(lastHealthCheck)}`,
    ),
  );
}

function Month({ account, days }: { account: Account; days: Days | undefined }) {
  const { maxTokensPerMonth, maxRequestsPerMonth, currentMonthTokens, currentMonthRequests, exhaustedAt } =
    account.quotaPolicy;
  const used = `${number(currentMonthTokens)} tokens, ${number(currentMonthRequests)} requests`;
  const quotas = [
    [currentMonthTokens, maxTokensPerMonth, 'tokens'],
    [currentMonthRequests, maxRequestsPerMonth, 'requests'],
  ] as const;
  const limited = quotas.flatMap(([current, max, unit]) => (max === null ? [] : [{ current, max, unit }]));
  if (limited.length === 0)
    return h('div', { class: 'month' }, h('p', { class: 'figure' }, used), h('p', { class: 'faint' }, 'no quota'));
  return h(
    'div',
    { class: 'month' },
    limited.map(({ current, max, unit }) => {
      const share = max === 0 ? 1 : current / max;
      return h(
        'div',
        { key: unit },
        h(
          'p',
          { class: 'figure' },
          compact(current),
          h('span', { class: 'faint' }, ` of ${compact(max)} ${unit} · ${percent(share * 100)}`),
        ),
        h(Meter, { share, label: `${account.name}: ${unit} used this month`, tone: toneOf(share) }),
      );
    }),
    maxTokensPerMonth !== null && h(BurnDown, { account, max: maxTokensPerMonth, days }),
    h(
      'p',
      { class: exhaustedAt ? 'exhausted' : 'faint' },
      exhaustedAt
        ? `used up on ${date(exhaustedAt)} at this rate (${ago(exhaustedAt)})`
        : 'lasts the month at this rate',
    ),
  );
}

function toneOf(share: number): 'accent' | 'warn' | 'bad' {
  return share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : 'accent';
}
