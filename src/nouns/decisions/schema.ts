import { defineObject } from '../../graphql/expose.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { logicalModels } from '../logical-models/model.ts';
import { organizations } from '../orgs/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { routerPolicies } from '../router-policies/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { decide } from './decide.ts';
import { decisionList } from './filters.ts';
import { decideInput, decisions, hop, refusal, reportOutcomeInput, statusOf } from './model.ts';
import { reportOutcome } from './outcome.ts';

export const RefusalType = defineObject(refusal);
export const HopType = defineObject(hop);

defineNode(
  decisions,
  'Where one request was sent, or why it was not; with its outcome once reported.',
  (t) => ({
    workspace: edge(t, workspaces, 'The workspace that asked.', (decision) => decision.workspaceId),
    policy: edge(t, routerPolicies, 'The policy that decided.', (decision) => decision.policyId),
    logicalModel: edge(t, logicalModels, 'The logical model to use.', (decision) => decision.logicalModelId),
    providerAccount: edge(t, providerAccounts, 'The account to use.', (decision) => decision.providerAccountId),
  }),
  { status: (decision, ctx) => statusOf(decision, ctx.deps.now()) },
);

rootNode(decisions, 'decision');
rootList(decisions, 'decisions', {
  description: 'The decisions of the last 30 days, newest first.',
  ...decisionList,
});

listOn(organizations, 'decisions', decisions, 'Its decisions of the last 30 days, newest first.', decisionList);

const payload = { decision: { type: refOf(decisions), description: 'The decision.' } };

mutation('decide', {
  permission: 'decisions:create',
  description:
    'Decides where a request goes and reserves quota, rate and concurrency for it; a refusal is an answer too.',
  input: decideInput,
  payload,
  resolve: decide,
});

mutation('reportOutcome', {
  permission: 'decisions:update',
  description: 'Reports what came of a decision, once; a second report answers the first one’s result.',
  input: reportOutcomeInput,
  missing: ({ success, errorClass }) => (success === false && errorClass == null ? ['errorClass'] : []),
  payload,
  resolve: reportOutcome,
});
