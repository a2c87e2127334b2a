import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, flag, flagOr, name, optionalText, within, withinWorkspace } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export interface Environment extends Doc {
  workspaceId: string;
  name: string;
  slug: string;
  description: string | null;
  isDefault: boolean;
}

export const environments = defineNoun<Environment>({
  type: 'Environment',
  resource: 'environment',
  permission: 'environments',
  referredAs: 'environment',
  collection: {
    name: 'environments',
    first: { workspaceId: '', name: '', slug: '', description: null, isDefault: false },
    columns: ['isDefault'],
    scopes: ['workspaceId'],
    ancestors: [{ field: 'workspaceId', in: 'workspaces' }],
    totals: [['workspaceId']],
    unique: (doc) => `${doc.workspaceId}\u0001${fold(doc.name)}`,
  },
});

const READ_ONLY = ['environmentId', 'slug', 'workspaceId', 'orgId', 'createdAt', 'updatedAt', 'createdBy'];
const optional = { description: optionalText('What it is for.') };
const IS_DEFAULT =
  'Whether it is the default of its workspace; true moves the default here, false on the default is a CONFLICT.';

export const createEnvironmentBody = z
  .object({
    name: name('Unique in the workspace, up to letter case.'),
    ...optional,
    isDefault: flagOr(false, IS_DEFAULT),
  })
  .meta({ readOnly: READ_ONLY });
export const updateEnvironmentBody = z
  .object({
    name: name('Unique in the workspace, up to letter case.').optional(),
    ...optional,
    isDefault: flag(IS_DEFAULT),
  })
  .meta({ readOnly: READ_ONLY });

const target = { environmentId: z.string().describe('The environment.'), expectedVersion };
export const createEnvironmentInput = createEnvironmentBody.extend({
  ...within,
  workspaceId: z.string().describe('The workspace.'),
});
export const updateEnvironmentInput = updateEnvironmentBody.extend({ ...withinWorkspace, ...target });
export const deleteEnvironmentInput = z.object({ ...withinWorkspace, ...target });

/** `Staging (EU)` is `staging-eu`: for addresses and file names; derived, not unique. */
export function slugOf(text: string): string {
  const slug = fold(text)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return slug || 'environment';
}
