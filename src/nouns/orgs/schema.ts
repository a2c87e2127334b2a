import { builder } from '../../graphql/builder.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { load } from '../../resource/noun.ts';
import { organizations, updateOrganizationInput } from './model.ts';
import { updateOrganization } from './repository.ts';

defineNode(
  organizations,
  'A company: it holds workspaces, provider accounts, logical models, policies and the people who run them.',
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
  changes: organizations,
  payload: { organization: { type: refOf(organizations), description: 'The organization.' } },
  resolve: updateOrganization,
});
