import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { expectedVersion, within } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

const email = z
  .string()
  .min(3)
  .max(255)
  .regex(/^[^\s@]+@[^\s@]+$/, 'an email address has the form name@host');

const fields = {
  memberId: field.documentedId('The documented id; the actor of what the member does.'),
  orgId: field.org(),
  email: field.text(email, 'The email address; unique in the org, up to letter case.', {
    shown: 'Unique in the org, up to letter case.',
  }),
  roleId: field.hidden(field.made(field.id('The role.'))),
  role: field.given(field.id('The name (or id) of a role of the org.')),
  roleName: field.called('role', field.derived(field.optionalText("The name of the member's role."))),
  name: field.optionalName('The name.'),
  ...field.authored,
};
export type Member = field.DocOf<typeof fields>;

export const members = defineNoun(fields, {
  type: 'Member',
  resource: 'member',
  permission: 'members',
  referredAs: 'member',
  collection: {
    name: 'members',
    stamped: true,
    totals: [[]],
    watched: true,
    unique: (doc) => fold(doc.email),
    refs: [{ to: 'role', ids: (doc) => [doc.roleId] }],
  },
});

const target = { memberId: z.string().describe('The member.'), expectedVersion };
export const createMemberInput = members.bodies.create.extend(within);
export const updateMemberInput = members.bodies.update.extend({ ...within, ...target });
export const deleteMemberInput = z.object({ ...within, ...target });
