import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { expectedVersion, name, optionalText } from '../../validation/fields.ts';

export interface Organization extends Doc {
  name: string;
  description: string | null;
}

/** An org is its own org: `orgId` equals `id`. */
export const organizations = defineNoun<Organization>({
  type: 'Organization',
  resource: 'organization',
  permission: 'orgs',
  collection: { name: 'orgs', first: { name: '', description: null } },
});

/** Every org by its id, for work that spans them; keyed by itself. */
export const orgIndex: Collection<Doc> = { name: 'org_index', first: {} };

export const READ_ONLY = ['orgId', 'createdAt', 'updatedAt', 'createdBy'];

export const updateOrganizationBody = z
  .object({
    name: name('The name.').optional(),
    description: optionalText('What the organization is.'),
  })
  .meta({ readOnly: READ_ONLY });

export const updateOrganizationInput = updateOrganizationBody.extend({
  orgId: z.string().describe('The organization.'),
  expectedVersion,
});
