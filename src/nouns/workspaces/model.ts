import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { expectedVersion, optionalText, within } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

const bucketStatus = field.words('BucketStatus', "How far a workspace's bucket is.", {
  pending: 'Not made yet.',
  ready: 'Made; `s3Bucket` names it.',
  failed: 'Could not be made.',
});

const fields = {
  workspaceId: field.documentedId(),
  orgId: field.graphOnly(field.org()),
  organizationId: field.createOnly(field.given(field.id('The organization; must be the one of the path.'))),
  name: field.name('Unique in the organization, up to letter case.'),
  description: field.optionalText('What the workspace is for.'),
  ownerId: field.optionalText('Who answers for it; by default the caller.', { shown: 'Who answers for it.' }),
  subscriptionPlanId: field.optionalText('The plan it is billed under; opaque.'),
  isActive: field.updateOnly(field.flag(true, 'An inactive workspace can be read and edited but routes nothing.')),
  tags: field.tags({ shown: 'Free labels; `key:value` tags feed the matching of policies.' }),
  region: field.textOr('us-east-1', 'Where its bucket lies.'),
  s3Bucket: field.readOnly(field.optionalText('The bucket, once it is made.')),
  bucketStatus: field.readOnly(field.word(bucketStatus, 'pending', 'How far the bucket is.')),
  ...field.dated,
};
export type Workspace = field.DocOf<typeof fields>;

export const workspaces = defineNoun(fields, {
  type: 'Workspace',
  resource: 'workspace',
  permission: 'workspaces',
  collection: {
    name: 'workspaces',
    stamped: true,
    totals: [[]],
    unique: (doc) => fold(doc.name),
  },
});

const target = { workspaceId: z.string().describe('The workspace.'), expectedVersion };
/** The graph has `orgId` for it everywhere: the documented name may be given beside it, or in its place. */
export const createWorkspaceInput = workspaces.bodies.create.extend({
  ...within,
  organizationId: optionalText('The same as `orgId`, by its documented name; both must agree.'),
});
export const updateWorkspaceInput = workspaces.bodies.update.extend({ ...within, ...target });
export const deleteWorkspaceInput = z.object({ ...within, ...target });
