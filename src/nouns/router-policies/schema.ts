import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { COUNT, PERCENT, STRING_MAP } from '../../graphql/wire.ts';
import { naming } from '../../resource/list.ts';
import { load } from '../../resource/noun.ts';
import { connect, connectDerived } from '../../resource/page.ts';
import type { CircuitBreaker, PolicyMatch, PolicyStatus } from '../../routing/facts.ts';
import { logicalModels } from '../logical-models/model.ts';
import { organizations } from '../orgs/model.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  createRouterPolicyInput,
  deleteRouterPolicyInput,
  disableRouterPolicyInput,
  type RouterPolicy as Policy,
  resetRouterPolicyBreakerInput,
  routerPolicies,
  updateRouterPolicyInput,
} from './model.ts';
import {
  createRouterPolicy,
  deleteRouterPolicy,
  disableRouterPolicy,
  resetRouterPolicyBreaker,
  updateRouterPolicy,
  viewOf,
} from './repository.ts';
import { LintWarning } from './schema-lint.ts';

const PolicyStatusType = enumType('RouterPolicyStatus', "A policy's state, derived.", {
  active: 'It routes.',
  inactive: 'Disabled, or latched after too many openings.',
  circuit_open: 'Every target of its model is open.',
  circuit_half_open: 'No target is closed, and one is being probed.',
});

const MatchType = builder.objectRef<PolicyMatch>('RouterPolicyMatch').implement({
  description: 'When a policy matches: all conditions that are set must hold; null, false and {} set none.',
  fields: (t) => ({
    endpointType: t.exposeString('endpointType', { nullable: true, description: 'The endpoint type must equal this.' }),
    endpointId: t.exposeString('endpointId', { nullable: true, description: 'The endpoint id must equal this.' }),
    stepType: t.exposeString('stepType', { nullable: true, description: 'The step type must equal this.' }),
    purpose: t.exposeString('purpose', { nullable: true, description: 'The purpose must equal this.' }),
    workspaceId: t.exposeString('workspaceId', { nullable: true, description: 'The workspace must be this.' }),
    workspaceTags: t.field({
      ...STRING_MAP,
      description: "Pairs that the workspace's tags must hold.",
      resolve: (match) => match.workspaceTags,
    }),
    expectedParallelism: t.exposeString('expectedParallelism', {
      nullable: true,
      description: 'The expected parallelism must equal this.',
    }),
    requiresStreaming: t.exposeBoolean('requiresStreaming', {
      nullable: true,
      description: 'true: only requests that demand streaming.',
    }),
    requiresFunctionCalling: t.exposeBoolean('requiresFunctionCalling', {
      nullable: true,
      description: 'true: only requests that demand function calling.',
    }),
    requiresVision: t.exposeBoolean('requiresVision', {
      nullable: true,
      description: 'true: only requests that demand vision.',
    }),
    tags: t.field({
      ...STRING_MAP,
      description: "Pairs that the context's tags must hold.",
      resolve: (match) => match.tags,
    }),
    workspace: t.field({
      type: refOf(workspaces),
      nullable: true,
      description: 'The workspace that it is for.',
      permission: 'workspaces:read',
      resolve: (match, _args, ctx) => load(ctx, workspaces, match.workspaceId),
    }),
  }),
});

const BreakerType = builder.objectRef<CircuitBreaker>('CircuitBreakerPolicy').implement({
  description: 'When to stop sending to a failing target.',
  fields: (t) => ({
    errorThresholdPercent: t.exposeFloat('errorThresholdPercent', {
      description: 'Share of failures, or of slow answers, that opens a target.',
    }),
    latencyThresholdMs: t.expose('latencyThresholdMs', {
      type: 'SafeInt',
      nullable: true,
      description: 'An answer slower than this counts as slow; null: none does.',
    }),
    consecutiveFailures: t.expose('consecutiveFailures', {
      type: 'SafeInt',
      description: 'Failures in a row that open a target.',
    }),
    evaluationWindowSeconds: t.expose('evaluationWindowSeconds', {
      type: 'SafeInt',
      description: 'The window, in seconds.',
    }),
    minRequestsThreshold: t.expose('minRequestsThreshold', {
      type: 'SafeInt',
      description: 'Results in the window before shares are looked at.',
    }),
    cooldownSeconds: t.expose('cooldownSeconds', {
      type: 'SafeInt',
      description: 'How long a target stays open, in seconds.',
    }),
    halfOpenRequests: t.expose('halfOpenRequests', {
      type: 'SafeInt',
      description: 'Probes at a time, and successes that close.',
    }),
    autoDisable: t.exposeBoolean('autoDisable', {
      description: 'Whether five openings within an hour latch the policy.',
    }),
    notifyOnOpen: t.exposeBoolean('notifyOnOpen', { description: 'Whether every transition is recorded as an event.' }),
  }),
});

defineNode(routerPolicies, 'Where requests of a kind go, and where they go instead when that fails.', (t) => ({
  policyId: t.exposeString('id', { description: 'The documented id.' }),
  orgId: t.exposeString('orgId', { description: 'The organization.' }),
  name: t.exposeString('name', { description: 'The name; need not be unique.' }),
  description: t.exposeString('description', { nullable: true, description: 'What the policy is for.' }),
  priority: t.expose('priority', { type: 'SafeInt', description: 'Higher goes first.' }),
  match: t.expose('match', { type: MatchType, description: 'When it matches.' }),
  routeTo: t.exposeString('routeTo', { description: 'The slug of the model to route to.' }),
  fallback: t.exposeString('fallback', {
    nullable: true,
    description: 'The slug of the model to take when that one cannot.',
  }),
  circuitBreaker: t.expose('circuitBreaker', {
    type: BreakerType,
    description: 'When to stop sending to a failing target.',
  }),
  status: t.field({
    type: PolicyStatusType,
    description: 'Its state, derived.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).status,
  }),
  enabled: t.boolean({
    description: 'Whether it takes part; false also while latched.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).enabled,
  }),
  latched: t.boolean({
    description: 'Whether too many openings have latched it: only its fallback answers.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).latched,
  }),
  matchCount: t.field({
    ...COUNT,
    description: 'Reported decisions that it made.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).counters?.matchCount ?? 0,
  }),
  successCount: t.field({
    ...COUNT,
    description: 'Those that succeeded.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).counters?.successCount ?? 0,
  }),
  errorCount: t.field({
    ...COUNT,
    description: 'Those that failed by no fault of the caller.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).counters?.errorCount ?? 0,
  }),
  errorRatePercent: t.field({
    ...PERCENT,
    description: 'Share of errors among successes and errors, in percent.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).errorRatePercent,
  }),
  lastMatchedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When its last reported decision was made.',
    resolve: async (policy, _args, ctx) => (await viewOf(ctx, policy)).counters?.lastMatchedAt ?? null,
  }),
  tags: t.field({ ...STRING_MAP, description: 'Free labels.', resolve: (policy) => policy.tags }),
  organization: edge(t, organizations, 'The organization.', (policy) => policy.orgId),
  routeToModel: edge(t, logicalModels, 'The model to route to.', (policy) => policy.routeTo),
  fallbackModel: edge(t, logicalModels, 'The model to take when that one cannot.', (policy) => policy.fallback),
}));

interface PolicyFilters {
  status?: PolicyStatus | null;
  enabledOnly?: boolean | null;
}

rootNode(routerPolicies, 'routerPolicy', [], 'policyId');
/** Policies with their filters; the same below the organization and at the root. */
const policyList: FilteredList<Policy, PolicyFilters> = {
  args: (t) => ({
    status: t.arg({ type: PolicyStatusType, description: 'Only in this state.' }),
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
  changes: { noun: routerPolicies, id: 'policyId' },
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
