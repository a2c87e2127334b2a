import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/expose.ts';
import { refOf } from '../../graphql/nodes.ts';
import { inputQuery } from '../../graphql/queries.ts';
import { need } from '../../resource/noun.ts';
import type { SmallestChange } from '../../routing/facts.ts';
import { routerPolicies } from '../router-policies/model.ts';
import { prepare } from './decide.ts';
import { type Explanation, explain, explainDecision, type Verdict } from './explain.ts';
import { decideInput, decisions, refusalCode } from './model.ts';
import { HopType, RefusalType } from './schema.ts';

const VerdictType = builder.objectRef<Verdict>('DecisionPolicyVerdict').implement({
  description: 'Whether a policy matches the request as it stands today, or the first condition that fails.',
  fields: (t) => ({
    policyId: t.string({ description: 'The policy.', resolve: ({ policy }) => policy.id }),
    name: t.string({ description: 'Its name.', resolve: ({ policy }) => policy.name }),
    matched: t.exposeBoolean('matched', { description: 'Whether it matches.' }),
    field: t.exposeString('field', {
      nullable: true,
      description: 'The first condition that fails, by its documented name.',
    }),
    expected: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What it wants.',
      resolve: ({ expected }) => expected,
    }),
    actual: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the request has.',
      resolve: ({ actual }) => actual,
    }),
    changed: t.exposeBoolean('changed', { description: 'Whether the policy changed after the decision.' }),
    policy: t.expose('policy', {
      type: refOf(routerPolicies),
      nullable: true,
      description: 'The policy itself.',
      permission: `${routerPolicies.permission}:read`,
    }),
  }),
});

const Change = builder.objectRef<SmallestChange>('DecisionSmallestChange').implement({
  description: 'One change that would have admitted the request.',
  fields: (t) => ({
    resourceType: t.exposeString('resourceType', { description: 'The kind of thing to change.' }),
    resourceId: t.exposeString('resourceId', { nullable: true, description: 'The thing; null: one to be made.' }),
    field: t.exposeString('field', { description: 'The field, by its documented name.' }),
    to: t.field({ type: 'JSON', nullable: true, description: 'What to set it to.', resolve: ({ to }) => to }),
  }),
});

const ExplanationType = builder.objectRef<Explanation>('DecisionExplanation').implement({
  description: 'Why a decision is what it is.',
  fields: (t) => ({
    decisionId: t.exposeString('decisionId', {
      nullable: true,
      description: 'The decision; null for one that was only imagined.',
    }),
    admitted: t.exposeBoolean('admitted', { description: 'Whether the request may go.' }),
    refusal: t.expose('refusal', {
      type: RefusalType,
      nullable: true,
      description: 'Why it was refused: the first hop’s reason.',
    }),
    policies: t.expose('policies', { type: [VerdictType], description: 'Every policy, in rank order.' }),
    hops: t.expose('hops', { type: [HopType], description: 'The models tried, in order.' }),
    refusalCode: t.field({
      type: enumOf(refusalCode),
      nullable: true,
      description: 'Why it is refused.',
      resolve: ({ refusal }) => refusal?.code ?? null,
    }),
    smallestChange: t.expose('smallestChange', {
      type: Change,
      nullable: true,
      description: 'One change that would have admitted it; null where none is known.',
    }),
  }),
});

builder.queryField('decisionExplanation', (t) =>
  t.field({
    type: ExplanationType,
    nullable: true,
    description: 'Why a decision came out as it did, against the policies of today.',
    permission: 'decisions:read',
    args: {
      orgId: t.arg.id({ description: 'The organization; by default the one that the token acts in.' }),
      decisionId: t.arg.id({ required: true, description: 'The decision.' }),
    },
    resolve: async (_root, { decisionId }, ctx) => explainDecision(ctx, await need(ctx, decisions, decisionId)),
  }),
);

inputQuery('explainDecide', {
  type: ExplanationType,
  description: 'What decide would answer for a request, and why; nothing is reserved.',
  permission: 'decisions:read',
  input: ['DecideInput', decideInput],
  async resolve(ctx, input) {
    const { world, request, planned } = await prepare(ctx, input);
    return explain(ctx, {
      decisionId: null,
      at: null,
      workspaceId: world.workspace.id,
      context: request.context,
      estimate: request.estimate,
      hops: planned.hops,
      refusal: planned.refusal,
    });
  },
});
