import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { ofWorkspace } from '../../resource/list.ts';
import { workspaces } from '../workspaces/model.ts';
import { apps, createAppInput, deleteAppInput, updateAppInput } from './model.ts';
import { createApp, deleteApp, updateApp } from './repository.ts';

defineNode(apps, 'An application of a workspace; it holds namespaces.', (t) => ({
  workspace: edge(t, workspaces, 'The workspace.', (app) => app.workspaceId),
}));

const within = [['workspaceId', workspaces]] as const;
rootNode(apps, 'app', within);
rootList(apps, 'apps', {
  above: within,
  description: 'The apps of a workspace.',
  list: ({ workspaceId }: { workspaceId: string }) => ofWorkspace('apps', workspaceId),
});

listOn(workspaces, 'apps', apps, 'Its apps.', ({ id }) => ofWorkspace('apps', id));

const payload = { app: { type: refOf(apps), description: 'The app.' } };

mutation('createApp', {
  permission: 'apps:create',
  description: 'Creates an app in a workspace.',
  input: createAppInput,
  payload,
  resolve: createApp,
});

mutation('updateApp', {
  permission: 'apps:update',
  description: 'Changes fields of an app, as a merge patch.',
  input: updateAppInput,
  changes: apps,
  payload,
  resolve: updateApp,
});

mutation('deleteApp', {
  permission: 'apps:delete',
  description: 'Deletes an app and its namespaces, at once for every reader.',
  input: deleteAppInput,
  payload,
  resolve: deleteApp,
});
