import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, name, optionalText, tagList, within, withinWorkspace } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export interface App extends Doc {
  workspaceId: string;
  name: string;
  description: string | null;
  tags: string[];
}

export const apps = defineNoun<App>({
  type: 'App',
  resource: 'app',
  permission: 'apps',
  collection: {
    name: 'apps',
    first: { workspaceId: '', name: '', description: null, tags: [] },
    scopes: ['workspaceId'],
    ancestors: [{ field: 'workspaceId', in: 'workspaces' }],
    totals: [['workspaceId']],
    unique: (doc) => `${doc.workspaceId}\u0001${fold(doc.name)}`,
  },
});

const READ_ONLY = ['appId', 'workspaceId', 'orgId', 'createdAt', 'updatedAt', 'createdBy'];
const optional = { description: optionalText('What the app does.'), tags: tagList() };

export const createAppBody = z
  .object({ name: name('Unique in the workspace, up to letter case.'), ...optional })
  .meta({ readOnly: READ_ONLY });
export const updateAppBody = z
  .object({ name: name('Unique in the workspace, up to letter case.').optional(), ...optional })
  .meta({ readOnly: READ_ONLY });

const target = { appId: z.string().describe('The app.'), expectedVersion };
export const createAppInput = createAppBody.extend({ ...within, workspaceId: z.string().describe('The workspace.') });
export const updateAppInput = updateAppBody.extend({ ...withinWorkspace, ...target });
export const deleteAppInput = z.object({ ...withinWorkspace, ...target });
