import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { expectedVersion, within, withinWorkspace } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

const fields = {
  environmentId: field.documentedId(),
  workspaceId: field.parent('The workspace.'),
  orgId: field.org(),
  name: field.name('Unique in the workspace, up to letter case.'),
  slug: field.made(field.text(z.string(), 'The name, fit for addresses.')),
  description: field.optionalText('What it is for.'),
  isDefault: field.flag(
    false,
    'Whether it is the default of its workspace; true moves the default here, false on the default is a CONFLICT.',
    { shown: 'Whether it is the default; exactly one of a workspace is.' },
  ),
  ...field.authored,
};
export type Environment = field.DocOf<typeof fields>;

export const environments = defineNoun(fields, {
  type: 'Environment',
  resource: 'environment',
  permission: 'environments',
  referredAs: 'environment',
  collection: {
    name: 'environments',
    stamped: true,
    columns: ['isDefault'],
    scopes: ['workspaceId'],
    ancestors: [{ field: 'workspaceId', in: 'workspaces' }],
    totals: [['workspaceId']],
    unique: (doc) => `${doc.workspaceId}\u0001${fold(doc.name)}`,
  },
});

const target = { environmentId: z.string().describe('The environment.'), expectedVersion };
export const createEnvironmentInput = environments.bodies.create.extend({
  ...within,
  workspaceId: z.string().describe('The workspace.'),
});
export const updateEnvironmentInput = environments.bodies.update.extend({ ...withinWorkspace, ...target });
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
