import { defineObject, enumOf } from '../../graphql/expose.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import type { Clause } from '../../store/store.ts';
import { logicalModels } from '../logical-models/model.ts';
import { organizations } from '../orgs/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { routerPolicies } from '../router-policies/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { decide } from './decide.ts';
import {
  type Decision,
  decideInput,
  decisions,
  hop,
  refusal,
  refusalCode,
  reportOutcomeInput,
  statusOf,
} from './model.ts';
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

interface DecisionFilters {
  workspaceId?: string | null;
  policyId?: string | null;
  logicalModelId?: string | null;
  providerAccountId?: string | null;
  admitted?: boolean | null;
  refusalCode?: NonNullable<Decision['refusal']>['code'] | null;
  since?: string | null;
  until?: string | null;
}

/** Decisions with their filters; the same below the organization and at the root. */
const decisionList: FilteredList<Decision, DecisionFilters> = {
  args: (t) => ({
    workspaceId: t.arg.id({ description: 'Only those that this workspace asked for.' }),
    policyId: t.arg.id({ description: 'Only those that this policy decided.' }),
    logicalModelId: t.arg.id({ description: 'Only those that chose this logical model.' }),
    providerAccountId: t.arg.id({ description: 'Only those that chose this account.' }),
    admitted: t.arg.boolean({ description: 'Only those that were admitted, or only those that were refused.' }),
    refusalCode: t.arg({ type: enumOf(refusalCode), description: 'Only those that were refused for this reason.' }),
    since: t.arg({ type: 'DateTime', description: 'Made from this moment on.' }),
    until: t.arg({ type: 'DateTime', description: 'Made before this moment.' }),
  }),
  list: ({ refusalCode: code, since, until, ...equal }: DecisionFilters) => {
    const fields = ['workspaceId', 'policyId', 'logicalModelId', 'providerAccountId', 'admitted'] as const;
    const where: Clause[] = fields.flatMap((field) => (equal[field] == null ? [] : [{ field, in: [equal[field]] }]));
    if (since != null) where.push({ field: 'createdAt', from: since });
    if (until != null) where.push({ field: 'createdAt', until });
    if (code != null) return { name: `decisions refused ${code}`, where, ref: `refusal:${code}` };
    return { name: 'decisions', where, totals: where.length === 0 ? [{ sign: 1 as const, where }] : undefined };
  },
};

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
