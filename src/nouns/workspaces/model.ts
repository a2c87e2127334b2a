import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, flag, id, name, optionalText, tagList, text, within } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export interface Workspace extends Doc {
  name: string;
  description: string | null;
  ownerId: string | null;
  subscriptionPlanId: string | null;
  isActive: boolean;
  tags: string[];
  region: string;
  s3Bucket: string | null;
  bucketStatus: 'pending' | 'ready' | 'failed';
}

export const workspaces = defineNoun<Workspace>({
  type: 'Workspace',
  resource: 'workspace',
  permission: 'workspaces',
  collection: {
    name: 'workspaces',
    first: {
      name: '',
      description: null,
      ownerId: null,
      subscriptionPlanId: null,
      isActive: true,
      tags: [],
      region: 'us-east-1',
      s3Bucket: null,
      bucketStatus: 'pending',
    },
    totals: [[]],
    unique: (doc) => fold(doc.name),
  },
});

const READ_ONLY = ['workspaceId', 's3Bucket', 'bucketStatus', 'createdAt', 'updatedAt'];

const optional = {
  description: optionalText('What the workspace is for.'),
  ownerId: optionalText('Who answers for it; by default the caller.'),
  subscriptionPlanId: optionalText('The plan it is billed under; opaque.'),
  tags: tagList(),
};

export const createWorkspaceBody = z
  .object({
    organizationId: id('The organization; must be the one of the path.'),
    name: name('Unique in the organization, up to letter case.'),
    ...optional,
    region: z.string().default('us-east-1').describe('Where its bucket lies.'),
  })
  .meta({ readOnly: [...READ_ONLY, 'isActive'] });

export const updateWorkspaceBody = z
  .object({
    name: name('Unique in the organization, up to letter case.').optional(),
    ...optional,
    region: text('Where its bucket lies.').optional(),
    isActive: flag('An inactive workspace can be read and edited but routes nothing.'),
  })
  .meta({ readOnly: READ_ONLY });

const target = { workspaceId: z.string().describe('The workspace.'), expectedVersion };
/** The graph has `orgId` for it everywhere: the documented name may be given beside it, or in its place. */
export const createWorkspaceInput = createWorkspaceBody.extend({
  ...within,
  organizationId: optionalText('The same as `orgId`, by its documented name; both must agree.'),
});
export const updateWorkspaceInput = updateWorkspaceBody.extend({ ...within, ...target });
export const deleteWorkspaceInput = z.object({ ...within, ...target });
