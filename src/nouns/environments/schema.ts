import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { ofWorkspace } from '../../resource/list.ts';
import { workspaces } from '../workspaces/model.ts';
import { createEnvironmentInput, deleteEnvironmentInput, environments, updateEnvironmentInput } from './model.ts';
import { createEnvironment, deleteEnvironment, updateEnvironment } from './repository.ts';

defineNode(environments, 'A stage of a workspace (development, production …) that its namespaces belong to.', (t) => ({
  workspace: edge(t, workspaces, 'The workspace.', (environment) => environment.workspaceId),
}));

const within = [['workspaceId', workspaces]] as const;
rootNode(environments, 'environment', within);
rootList(environments, 'environments', {
  above: within,
  description: 'The environments of a workspace.',
  list: ({ workspaceId }: { workspaceId: string }) => ofWorkspace('environments', workspaceId),
});

listOn(workspaces, 'environments', environments, 'Its environments.', ({ id }) => ofWorkspace('environments', id));

const payload = { environment: { type: refOf(environments), description: 'The environment.' } };

mutation('createEnvironment', {
  permission: 'environments:create',
  description: 'Creates an environment; with `isDefault` it takes the default over.',
  input: createEnvironmentInput,
  payload,
  resolve: createEnvironment,
});

mutation('updateEnvironment', {
  permission: 'environments:update',
  description: 'Changes fields of an environment, as a merge patch; `isDefault: true` moves the default here.',
  input: updateEnvironmentInput,
  changes: environments,
  payload,
  resolve: updateEnvironment,
});

mutation('deleteEnvironment', {
  permission: 'environments:delete',
  description: 'Deletes an environment that is neither the default nor in use.',
  input: deleteEnvironmentInput,
  payload,
  resolve: deleteEnvironment,
});
