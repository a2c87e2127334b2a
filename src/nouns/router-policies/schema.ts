import { defineObject, enumOf, objectOf } from '../../graphql/expose.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { COUNT } from '../../graphql/wire.ts';
import { naming } from '../../resource/list.ts';
import { load } from '../../resource/noun.ts';
import { connect, connectDerived } from '../../resource/page.ts';
import type { PolicyStatus } from '../../routing/facts.ts';
import { logicalModels } from '../logical-models/model.ts';
import { organizations } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  createRouterPolicyInput,
  deleteRouterPolicyInput,
  disableRouterPolicyInput,
  type RouterPolicy as Policy,
  policyMatch,
  policyStatus,
  resetRouterPolicyBreakerInput,
  routerPolicies,
  updateRouterPolicyInput,
} from './model.ts';
import { rankOf } from './rank.ts';
import {
  createRouterPolicy,
  deleteRouterPolicy,
  disableRouterPolicy,
  resetRouterPolicyBreaker,
  updateRouterPolicy,
  viewOf,
} from './repository.ts';
import { LintWarning } from './schema-lint.ts';
import { policyTarget, targetsNow } from './targets-now.ts';

defineObject(policyMatch, {}, (t) => ({
  workspace: t.field({
    type: refOf(workspaces),
    nullable: true,
    description: 'The workspace that it is for.',
    permission: 'workspaces:read',
    resolve: (match, _args, ctx) => load(ctx, workspaces, match.workspaceId),
  }),
}));

defineNode(
  routerPolicies,
  'Where requests of a kind go, and where they go instead when that fails.',
  (t) => ({
    organization: edge(t, organizations, 'The organization.', (policy) => policy.orgId),
    routeToModel: edge(t, logicalModels, 'The model to route to.', (policy) => policy.routeTo),
    fallbackModel: edge(t, logicalModels, 'The model to take when that one cannot.', (policy) => policy.fallback),
    rank: t.field({
      ...COUNT,
      nullable: true,
      description: 'Where it stands among the policies of its organization, disabled ones too; 1 is looked at first.',
      resolve: (policy, _args, ctx) => rankOf(ctx, policy),
    }),
    targets: t.field({
      type: [objectOf(policyTarget)],
      description: 'The targets of the model that it routes to, with the states of their breakers.',
      nullable: true,
      permission: 'models:read',
      resolve: (policy, _args, ctx) => targetsNow(ctx, policy),
    }),
  }),
  {
    status: async (policy, ctx) => (await viewOf(ctx, policy)).status,
    enabled: async (policy, ctx) => (await viewOf(ctx, policy)).enabled,
    latched: async (policy, ctx) => (await viewOf(ctx, policy)).latched,
    matchCount: async (policy, ctx) => (await viewOf(ctx, policy)).counters?.matchCount ?? 0,
    successCount: async (policy, ctx) => (await viewOf(ctx, policy)).counters?.successCount ?? 0,
    errorCount: async (policy, ctx) => (await viewOf(ctx, policy)).counters?.errorCount ?? 0,
    errorRatePercent: async (policy, ctx) => (await viewOf(ctx, policy)).errorRatePercent,
    lastMatchedAt: async (policy, ctx) => (await viewOf(ctx, policy)).counters?.lastMatchedAt ?? null,
  },
);

interface PolicyFilters {
  status?: PolicyStatus | null;
  enabledOnly?: boolean | null;
}

rootNode(routerPolicies, 'routerPolicy', [], 'policyId');
/** Policies with their filters; the same below the organization and at the root. */
const policyList: FilteredList<Policy, PolicyFilters> = {
  args: (t) => ({
    status: t.arg({ type: enumOf(policyStatus), description: 'Only in this state.' }),
    enabledOnly: t.arg.boolean({ description: 'Only enabled ones.' }),
  }),
  list: ({ status, enabledOnly }: PolicyFilters) => ({
    name: `policies ${status ?? ''}${enabledOnly ?? false}`,
    where: [],
    totals: [{ sign: 1 as const, where: [] }],
  }),
  // A latched policy reads as disabled, so both filters look at what is derived.
  connect: (ctx, list, page, { status, enabledOnly }) =>
    status || enabledOnly
      ? connectDerived(ctx, list, page, async (policies) =>
          Promise.all(
            policies.map(async (policy) => {
              const view = await viewOf(ctx, policy);
              return (!status || view.status === status) && (!enabledOnly || view.enabled);
            }),
          ),
        )
      : connect(ctx, list, page),
};

rootList(routerPolicies, 'routerPolicies', {
  description: 'The router policies of the organization.',
  ...policyList,
});

listOn(organizations, 'routerPolicies', routerPolicies, 'Its router policies.', policyList);
listOn(
  logicalModels,
  'routerPolicies',
  routerPolicies,
  'The policies that route or fall back to it.',
  naming(logicalModels, 'policies naming'),
);

const payload = { routerPolicy: { type: refOf(routerPolicies), description: 'The policy.' } };
const warnings = { warnings: { type: [LintWarning], description: 'What the linter says of it.' } };
const sameModel = ({ routeTo, fallback }: Partial<Policy>) =>
  routeTo !== undefined && routeTo === fallback
    ? [{ path: ['fallback'], message: 'the fallback must be another model than route_to' }]
    : [];

mutation('createRouterPolicy', {
  permission: 'router_policies:create',
  description: 'Creates a router policy; what the linter notices comes with it.',
  input: createRouterPolicyInput,
  rules: (input) => sameModel(input as Partial<Policy>),
  payload: { ...payload, ...warnings },
  resolve: createRouterPolicy,
});

mutation('updateRouterPolicy', {
  permission: 'router_policies:update',
  description: 'Changes fields of a router policy, as a merge patch; `enabled: true` releases a latched one.',
  input: updateRouterPolicyInput,
  changes: routerPolicies,
  rules: (input) => sameModel(input as Partial<Policy>),
  payload: { ...payload, ...warnings },
  resolve: updateRouterPolicy,
});

mutation('disableRouterPolicy', {
  permission: 'router_policies:update',
  description: 'Disables a router policy, a latched one too: it no longer matches.',
  input: disableRouterPolicyInput,
  payload,
  resolve: disableRouterPolicy,
});

mutation('resetRouterPolicyBreaker', {
  permission: 'router_policies:update',
  description:
    'Closes every target of a router policy and releases it where it is latched; results of what was decided before no longer count.',
  input: resetRouterPolicyBreakerInput,
  payload,
  resolve: resetRouterPolicyBreaker,
});

mutation('deleteRouterPolicy', {
  permission: 'router_policies:delete',
  description: 'Deletes a router policy with its counters and its breaker.',
  input: deleteRouterPolicyInput,
  payload,
  resolve: deleteRouterPolicy,
});
