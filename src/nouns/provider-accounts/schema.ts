import { defineObject, enumOf } from '../../graphql/expose.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { connect, connectDerived } from '../../resource/page.ts';
import { reach } from '../../resource/path.ts';
import { save } from '../../resource/write.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';
import { checkAccount } from './health.ts';
import {
  type ProviderAccount as Account,
  type AccountStatus,
  accountStatus,
  checkProviderAccountInput,
  createProviderAccountInput,
  deleteProviderAccountInput,
  providerAccounts,
  providerType,
  quotaPolicy,
  updateProviderAccountInput,
} from './model.ts';
import {
  bridgeFindings,
  createProviderAccount,
  deleteProviderAccount,
  updateProviderAccount,
  viewOf,
} from './repository.ts';
import { exhaustedAt } from './rules.ts';

/** The quota of an account, with the account that its usage is asked of. */
type Quota = Account['quotaPolicy'] & { account: Account };

defineObject<typeof quotaPolicy.fields, Quota>(quotaPolicy, {
  currentMonthTokens: async ({ account }, ctx) => (await viewOf(ctx, account)).usage.tokens,
  currentMonthRequests: async ({ account }, ctx) => (await viewOf(ctx, account)).usage.requests,
  exhaustedAt: async ({ account }, ctx) => exhaustedAt(account, (await viewOf(ctx, account)).usage, ctx.deps.now()),
  usagePeriod: async ({ account }, ctx) => (await viewOf(ctx, account)).period,
});

defineNode(
  providerAccounts,
  'An account at a provider, with its credentials (by reference), quotas and limits.',
  (t) => ({ organization: edge(t, organizations, 'The organization.', (account) => account.orgId) }),
  {
    quotaPolicy: (account): Quota => ({ ...account.quotaPolicy, account }),
    status: async (account, ctx) => (await viewOf(ctx, account)).status.status,
    statusReason: async (account, ctx) => (await viewOf(ctx, account)).status.reason,
    lastHealthCheck: async (account, ctx) => (await viewOf(ctx, account)).health?.checkedAt ?? null,
  },
);

interface AccountFilters {
  providerType?: Account['providerType'] | null;
  status?: AccountStatus | null;
  enabledOnly?: boolean | null;
}

rootNode(providerAccounts, 'providerAccount');
/** Accounts with their filters; the same below the organization and at the root. */
const accountList: FilteredList<Account, AccountFilters> = {
  args: (t) => ({
    providerType: t.arg({ type: enumOf(providerType), description: 'Only of this provider.' }),
    status: t.arg({ type: enumOf(accountStatus), description: 'Only with this status.' }),
    enabledOnly: t.arg.boolean({ description: 'Only enabled ones.' }),
  }),
  list: ({ providerType, status, enabledOnly }: AccountFilters) => {
    const where: Clause[] = [
      ...(providerType ? [{ field: 'providerType', in: [providerType] }] : []),
      ...(enabledOnly ? [{ field: 'enabled', in: [true] }] : []),
    ];
    return { name: `accounts ${status ?? ''}`, where, totals: [{ sign: 1 as const, where }] };
  },
  connect: (ctx, list, page, { status }) =>
    status
      ? connectDerived(ctx, list, page, async (accounts) =>
          Promise.all(accounts.map(async (account) => (await viewOf(ctx, account)).status.status === status)),
        )
      : connect(ctx, list, page),
};

rootList(providerAccounts, 'providerAccounts', {
  description: 'The provider accounts of the organization.',
  ...accountList,
});

listOn(organizations, 'providerAccounts', providerAccounts, 'Its provider accounts.', accountList);

const payload = { providerAccount: { type: refOf(providerAccounts), description: 'The account.' } };

mutation('createProviderAccount', {
  permission: 'provider_accounts:create',
  description: 'Creates a provider account; credentials are given by reference only.',
  input: createProviderAccountInput,
  rules: (input) => bridgeFindings(input as Partial<Account>),
  payload,
  resolve: createProviderAccount,
});

mutation('updateProviderAccount', {
  permission: 'provider_accounts:update',
  description: 'Changes fields of a provider account, as a merge patch.',
  input: updateProviderAccountInput,
  changes: providerAccounts,
  payload,
  resolve: updateProviderAccount,
});

mutation('checkProviderAccount', {
  permission: 'provider_accounts:update',
  description:
    'Asks the provider for its models now; `checked` is false, and the status kept, where it could not be asked or its answer does not tell.',
  input: checkProviderAccountInput,
  payload: { ...payload, checked: { type: 'Boolean', description: 'Whether the answer tells of the account.' } },
  resolve: async (ctx, input) => {
    const providerAccount = await reach(ctx, [], providerAccounts, input.providerAccountId);
    const result = await checkAccount(ctx, providerAccount);
    return save(ctx, [], { providerAccount, checked: result !== null });
  },
});

mutation('deleteProviderAccount', {
  permission: 'provider_accounts:delete',
  description: 'Deletes a provider account that no logical model targets.',
  input: deleteProviderAccountInput,
  payload,
  resolve: deleteProviderAccount,
});
