import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { COUNT, STRING_MAP } from '../../graphql/wire.ts';
import { connect, connectDerived } from '../../resource/page.ts';
import { reach } from '../../resource/path.ts';
import { save } from '../../resource/write.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';
import { checkAccount } from './health.ts';
import {
  type ProviderAccount as Account,
  type AccountStatus,
  checkProviderAccountInput,
  createProviderAccountInput,
  deleteProviderAccountInput,
  PROVIDER_TYPES,
  providerAccounts,
  type RateLimitPolicy,
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

const ProviderType = enumType(
  'ProviderType',
  'Whose account it is.',
  Object.fromEntries(PROVIDER_TYPES.map((type) => [type, `The provider ${type}.`])),
);
const AccountStatusType = enumType('ProviderAccountStatus', 'What is observed of an account.', {
  active: 'It answers.',
  inactive: 'Disabled by its operator.',
  degraded: 'Its last health check failed.',
  error:
    'Three health checks in a row failed, or its credentials were refused; other credentials, or enabling it again, begin anew.',
  quota_exceeded: "The month's quota is used up.",
});
const RoutingMode = enumType('RoutingMode', 'How requests reach the provider.', {
  direct: 'To the provider.',
  bridge: 'Through a bridge.',
});
const QueuePolicy = enumType('QueuePolicy', 'What a refusal says.', {
  wait: 'When there will be room.',
  reject: 'Nothing.',
});

const QuotaPolicy = builder.objectRef<Account>('QuotaPolicy').implement({
  description: 'How much an account may be used in a month, and how much it was in this one.',
  fields: (t) => ({
    maxTokensPerMonth: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Tokens; null: no limit.',
      resolve: (account) => account.quotaPolicy.maxTokensPerMonth,
    }),
    maxRequestsPerMonth: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Requests; null: no limit.',
      resolve: (account) => account.quotaPolicy.maxRequestsPerMonth,
    }),
    currentMonthTokens: t.field({
      ...COUNT,
      description: 'Tokens used in this month (UTC).',
      resolve: async (account, _args, ctx) => (await viewOf(ctx, account)).usage.tokens,
    }),
    currentMonthRequests: t.field({
      ...COUNT,
      description: 'Requests made in this month (UTC).',
      resolve: async (account, _args, ctx) => (await viewOf(ctx, account)).usage.requests,
    }),
    exhaustedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a quota will be used up at the present rate of this month; null: not within it.',
      resolve: async (account, _args, ctx) => exhaustedAt(account, (await viewOf(ctx, account)).usage, ctx.deps.now()),
    }),
    usagePeriod: t.string({
      nullable: true,
      description: 'This month, `YYYY-MM` (UTC).',
      resolve: async (account, _args, ctx) => (await viewOf(ctx, account)).period,
    }),
  }),
});

const RateLimits = builder.objectRef<RateLimitPolicy>('RateLimitPolicy').implement({
  description: 'How fast an account may be used.',
  fields: (t) => ({
    requestsPerSecond: t.expose('requestsPerSecond', {
      type: 'SafeInt',
      nullable: true,
      description: 'Requests a second; null: no limit.',
    }),
    requestsPerMinute: t.expose('requestsPerMinute', {
      type: 'SafeInt',
      nullable: true,
      description: 'Requests a minute; null: no limit.',
    }),
    inputTokensPerMinute: t.expose('inputTokensPerMinute', {
      type: 'SafeInt',
      nullable: true,
      description: 'Input tokens a minute; null: no limit.',
    }),
    outputTokensPerMinute: t.expose('outputTokensPerMinute', {
      type: 'SafeInt',
      nullable: true,
      description: 'Output tokens a minute; null: no limit.',
    }),
    maxConcurrency: t.expose('maxConcurrency', { type: 'SafeInt', description: 'Requests at a time.' }),
    burstSize: t.expose('burstSize', { type: 'SafeInt', description: 'Requests that may come at once after a pause.' }),
    queuePolicy: t.expose('queuePolicy', {
      type: QueuePolicy,
      description: 'Whether a refusal says when there will be room.',
    }),
    queueTimeoutSeconds: t.expose('queueTimeoutSeconds', {
      type: 'SafeInt',
      description: 'The longest wait that a refusal speaks of, in seconds.',
    }),
  }),
});

defineNode(
  providerAccounts,
  'An account at a provider, with its credentials (by reference), quotas and limits.',
  (t) => ({
    providerAccountId: t.exposeString('id', { description: 'The documented id.' }),
    orgId: t.exposeString('orgId', { description: 'The organization.' }),
    name: t.exposeString('name', { description: 'The name; need not be unique.' }),
    description: t.exposeString('description', { nullable: true, description: 'What the account is for.' }),
    providerType: t.expose('providerType', { type: ProviderType, description: 'Whose account it is.' }),
    region: t.exposeString('region', { nullable: true, description: "The provider's region." }),
    dataResidency: t.exposeString('dataResidency', { nullable: true, description: 'Where data must stay; free.' }),
    credentialsRef: t.exposeString('credentialsRef', {
      description: 'A reference to the credentials; never a secret.',
    }),
    quotaPolicy: t.field({
      type: QuotaPolicy,
      description: 'Its monthly quota and usage.',
      resolve: (account) => account,
    }),
    rateLimitPolicy: t.expose('rateLimitPolicy', { type: RateLimits, description: 'How fast it may be used.' }),
    status: t.field({
      type: AccountStatusType,
      description: 'What is observed of it.',
      resolve: async (account, _args, ctx) => (await viewOf(ctx, account)).status.status,
    }),
    statusReason: t.string({
      nullable: true,
      description: 'Why it has this status.',
      resolve: async (account, _args, ctx) => (await viewOf(ctx, account)).status.reason,
    }),
    enabled: t.exposeBoolean('enabled', { description: "The operator's switch." }),
    routingMode: t.expose('routingMode', { type: RoutingMode, description: 'How requests reach the provider.' }),
    bridgeId: t.exposeString('bridgeId', { nullable: true, description: 'The bridge.' }),
    bridgeEndpointName: t.exposeString('bridgeEndpointName', { nullable: true, description: "The bridge's endpoint." }),
    lastHealthCheck: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last checked.',
      resolve: async (account, _args, ctx) => (await viewOf(ctx, account)).health?.checkedAt ?? null,
    }),
    tags: t.field({ ...STRING_MAP, description: 'Free labels.', resolve: (account) => account.tags }),
    organization: edge(t, organizations, 'The organization.', (account) => account.orgId),
  }),
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
    providerType: t.arg({ type: ProviderType, description: 'Only of this provider.' }),
    status: t.arg({ type: AccountStatusType, description: 'Only with this status.' }),
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
  changes: { noun: providerAccounts, id: 'providerAccountId' },
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
