import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { expectedVersion, within, withinWorkspace } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

const fields = {
  appId: field.documentedId(),
  workspaceId: field.parent('The workspace.'),
  orgId: field.org(),
  name: field.name('Unique in the workspace, up to letter case.'),
  description: field.optionalText('What the app does.'),
  tags: field.tags(),
  ...field.authored,
};
export type App = field.DocOf<typeof fields>;

export const apps = defineNoun(fields, {
  type: 'App',
  resource: 'app',
  permission: 'apps',
  collection: {
    name: 'apps',
    stamped: true,
    scopes: ['workspaceId'],
    ancestors: [{ field: 'workspaceId', in: 'workspaces' }],
    totals: [['workspaceId']],
    unique: (doc) => `${doc.workspaceId}\u0001${fold(doc.name)}`,
  },
});

const target = { appId: z.string().describe('The app.'), expectedVersion };
export const createAppInput = apps.bodies.create.extend({
  ...within,
  workspaceId: z.string().describe('The workspace.'),
});
export const updateAppInput = apps.bodies.update.extend({ ...withinWorkspace, ...target });
export const deleteAppInput = z.object({ ...withinWorkspace, ...target });
