import { builder } from '../../graphql/builder.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, filteredEdge, listEdge, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { auditEvents } from '../../resource/audit-event.ts';
import { load } from '../../resource/noun.ts';
import { orgWide } from '../../resource/org-wide.ts';
import { routingEvents } from '../../routing/events.ts';
import { eventList } from '../audit-events/schema.ts';
import { decisions } from '../decisions/model.ts';
import { jobs } from '../jobs/model.ts';
import { logicalModels } from '../logical-models/model.ts';
import { members } from '../members/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { accountList } from '../provider-accounts/schema.ts';
import { roles } from '../roles/model.ts';
import { routerPolicies } from '../router-policies/model.ts';
import { policyList } from '../router-policies/schema.ts';
import { tokens } from '../tokens/model.ts';
import { workspaces } from '../workspaces/model.ts';
import { organizations, updateOrganizationInput } from './model.ts';
import { updateOrganization } from './repository.ts';

defineNode(
  organizations,
  'A company: it holds workspaces, provider accounts, logical models, policies and the people who run them.',
  (t) => ({
    orgId: t.exposeString('id', { description: 'The documented id.' }),
    name: t.exposeString('name', { description: 'The name.' }),
    description: t.exposeString('description', { nullable: true, description: 'What the organization is.' }),
    workspaces: listEdge(t, workspaces, 'Its workspaces.', orgWide('workspaces')),
    providerAccounts: filteredEdge(t, providerAccounts, 'Its provider accounts.', accountList as never),
    logicalModels: listEdge(t, logicalModels, 'Its logical models.', orgWide('models')),
    routerPolicies: filteredEdge(t, routerPolicies, 'Its router policies.', policyList as never),
    members: listEdge(t, members, 'Its members.', orgWide('members')),
    roles: listEdge(t, roles, 'Its roles, the built-in ones included.', orgWide('roles')),
    tokens: listEdge(t, tokens, 'Its tokens.', orgWide('tokens')),
    jobs: listEdge(t, jobs, 'Its long work.', orgWide('jobs')),
    decisions: listEdge(t, decisions, 'Its decisions of the last 30 days.', orgWide('decisions')),
    routingEvents: listEdge(
      t,
      routingEvents,
      'What happened to its breakers, latches, quotas and accounts.',
      orgWide('routing_events'),
    ),
    auditEvents: filteredEdge(t, auditEvents, 'What was changed in it, newest first.', eventList as never),
  }),
);

rootNode(organizations, 'organization', [], 'orgId');
rootList(organizations, 'orgs', {
  description: 'The organizations that the caller belongs to: the one that its token acts in.',
  list: (_args, ctx) => ({ name: 'orgs', where: [{ field: 'id', in: [ctx.principal.orgId] }] }),
});

const Viewer = builder.objectRef<object>('Viewer').implement({
  description: 'Who the caller is and what it may do.',
  fields: (t) => ({
    actorId: t.string({
      description: 'The member, or the token itself for a service identity.',
      resolve: (_, _args, ctx) => ctx.principal.actorId,
    }),
    orgId: t.string({ description: 'The org it acts in.', resolve: (_, _args, ctx) => ctx.principal.orgId }),
    tokenId: t.string({ description: 'The token in use.', resolve: (_, _args, ctx) => ctx.principal.tokenId }),
    role: t.string({
      nullable: true,
      description: 'The name of its role.',
      resolve: (_, _args, ctx) => ctx.principal.role,
    }),
    permissions: t.stringList({
      description: 'What it may do.',
      resolve: (_, _args, ctx) => [...ctx.principal.permissions],
    }),
    workspaceIds: t.stringList({
      nullable: true,
      description: 'The workspaces it is limited to; null: all.',
      resolve: (_, _args, ctx) => ctx.principal.workspaceIds && [...ctx.principal.workspaceIds],
    }),
    organization: t.field({
      type: refOf(organizations),
      nullable: true,
      description: 'The org it acts in.',
      permission: 'orgs:read',
      resolve: (_, _args, ctx) => load(ctx, organizations, ctx.principal.orgId),
    }),
  }),
});

builder.queryField('viewer', (t) => t.field({ type: Viewer, description: 'Who the caller is.', resolve: () => ({}) }));

mutation('updateOrganization', {
  permission: 'orgs:update',
  description: 'Changes fields of the organization.',
  input: updateOrganizationInput,
  changes: { noun: organizations, id: 'orgId' },
  payload: { organization: { type: refOf(organizations), description: 'The organization.' } },
  resolve: updateOrganization,
});
