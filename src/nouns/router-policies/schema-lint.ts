import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { refOf } from '../../graphql/nodes.ts';
import { inputQuery } from '../../graphql/queries.ts';
import { LINT_CODES, type LintWarning as Warning } from '../../routing/lint-rules.ts';
import type { PolicyVerdict } from '../../routing/verdict.ts';
import { optionalText, within } from '../../validation/fields.ts';
import { contextBody } from './context.ts';
import { lintAll } from './linter.ts';
import { type RouterPolicy, routerPolicies } from './model.ts';
import { type TestMatch, testMatch } from './test-match.ts';

const LintCodeType = enumType('RouterPolicyLintCode', 'What the linter looks for.', LINT_CODES);

export const LintWarning = builder.objectRef<Warning>('RouterPolicyLintWarning').implement({
  description: 'Something about a policy that is allowed but hardly meant.',
  fields: (t) => ({
    code: t.expose('code', { type: LintCodeType, description: 'What it is.' }),
    policyId: t.exposeString('policyId', { description: 'The policy.' }),
    message: t.exposeString('message', { description: 'The same in words.' }),
    relatedId: t.exposeString('relatedId', {
      nullable: true,
      description: 'The policy, model, account or grant that it is about, besides.',
    }),
  }),
});

builder.queryField('routerPolicyLint', (t) =>
  t.field({
    type: [LintWarning],
    nullable: true,
    description: 'What the linter says of every policy of the organization.',
    permission: 'router_policies:read',
    args: { orgId: t.arg.id({ description: 'The organization; by default the one that the token acts in.' }) },
    resolve: (_root, _args, ctx) => lintAll(ctx),
  }),
);

const Explanation = builder.objectRef<PolicyVerdict<RouterPolicy>>('RouterPolicyExplanation').implement({
  description: 'Whether a policy matched, or the first condition that failed.',
  fields: (t) => ({
    policy: t.expose('policy', { type: refOf(routerPolicies), description: 'The policy.' }),
    matched: t.exposeBoolean('matched', { description: 'Whether it matched.' }),
    field: t.exposeString('field', {
      nullable: true,
      description: 'The condition that failed, by its documented name.',
    }),
    expected: t.field({ type: 'JSON', nullable: true, description: 'What it wants.', resolve: (row) => row.expected }),
    actual: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the context has.',
      resolve: (row) => row.actual,
    }),
  }),
});

const Match = builder.objectRef<TestMatch>('TestRouterPolicyMatchPayload').implement({
  description: 'Which policies would take a request.',
  fields: (t) => ({
    matchedPolicies: t.expose('matchedPolicies', {
      type: [refOf(routerPolicies)],
      description: 'All that match, in rank order.',
    }),
    selectedPolicy: t.expose('selectedPolicy', {
      type: refOf(routerPolicies),
      nullable: true,
      description: 'The first that admits.',
    }),
    logicalModelId: t.exposeString('logicalModelId', {
      nullable: true,
      description: 'Where it would send the request.',
    }),
    explanation: t.field({
      type: [Explanation],
      description: 'Every policy: matched, or why not.',
      resolve: (match) => match.explanation(),
    }),
  }),
});

const testMatchInput = z.object({
  context: z
    .object({ workspaceId: optionalText('The workspace that asks.'), ...contextBody.shape })
    .describe('The request to match.'),
  ...within,
});

inputQuery('testRouterPolicyMatch', {
  type: Match,
  description: 'Which policies would take a request and where it would go; consumes nothing.',
  permission: 'router_policies:read',
  input: ['TestRouterPolicyMatchInput', testMatchInput],
  resolve: testMatch,
});
