import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { expectedVersion } from '../../validation/fields.ts';

const fields = {
  orgId: field.documentedId(),
  name: field.name('The name.'),
  description: field.optionalText('What the organization is.'),
  ...field.authored,
};
export type Organization = field.DocOf<typeof fields>;

/** An org is its own org: `orgId` equals `id`. */
export const organizations = defineNoun(fields, {
  type: 'Organization',
  resource: 'organization',
  permission: 'orgs',
  collection: { name: 'orgs', stamped: true },
});

/** An org as work that spans them finds it. */
interface OrgEntry extends Doc {
  /** Made by a start that found none: of several starts that begin together one makes it. */
  isFirst: boolean;
}

/** Every org by its id; keyed by itself. */
export const orgIndex: Collection<OrgEntry> = {
  name: 'org_index',
  first: { isFirst: false },
  unique: ({ isFirst }) => (isFirst ? 'first' : null),
};

export const updateOrganizationInput = organizations.bodies.update.extend({
  orgId: z.string().describe('The organization.'),
  expectedVersion,
});
