import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import type { Context } from '../../resource/context.ts';
import { orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import { createWorkspaceInput, deleteWorkspaceInput, updateWorkspaceInput, workspaces } from './model.ts';
import { createWorkspace, deleteWorkspace, updateWorkspace } from './repository.ts';

defineNode(workspaces, 'A team with its apps, environments and the models it may use.', (t) => ({
  organization: edge(t, organizations, 'The organization.', (workspace) => workspace.orgId),
}));

rootNode(workspaces, 'workspace');
rootList(workspaces, 'workspaces', {
  description: 'The workspaces of the organization that the caller sees.',
  list: orgWide('workspaces'),
});

listOn(organizations, 'workspaces', workspaces, 'Its workspaces.', orgWide('workspaces'));

const payload = { workspace: { type: refOf(workspaces), description: 'The workspace.' } };

mutation('createWorkspace', {
  permission: 'workspaces:create',
  unlimited: true,
  description: 'Creates a workspace, with a default environment in the same commit; its bucket follows.',
  input: createWorkspaceInput,
  rules: ({ organizationId }, ctx: Context) =>
    organizationId == null || organizationId === ctx.principal.orgId
      ? []
      : [{ path: ['organizationId'], message: 'must be the organization that the token acts in' }],
  payload,
  resolve: createWorkspace,
});

mutation('updateWorkspace', {
  permission: 'workspaces:update',
  description: 'Replaces the fields that are sent; null clears a nullable one.',
  input: updateWorkspaceInput,
  changes: workspaces,
  payload,
  resolve: updateWorkspace,
});

mutation('deleteWorkspace', {
  permission: 'workspaces:delete',
  description: 'Deletes a workspace and all that lies in it, at once for every reader.',
  input: deleteWorkspaceInput,
  payload,
  resolve: deleteWorkspace,
});
