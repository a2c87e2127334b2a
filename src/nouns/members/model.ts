import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, name, within } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export interface Member extends Doc {
  email: string;
  name: string | null;
  roleId: string;
}

export const members = defineNoun<Member>({
  type: 'Member',
  resource: 'member',
  permission: 'members',
  referredAs: 'member',
  collection: {
    name: 'members',
    first: { email: '', name: null, roleId: '' },
    totals: [[]],
    watched: true,
    unique: (doc) => fold(doc.email),
    refs: [{ to: 'role', ids: (doc) => [doc.roleId] }],
  },
});

const email = z
  .string()
  .min(3)
  .max(255)
  .refine((text) => /^[^\s@]+@[^\s@]+$/.test(text), 'an email address has the form name@host')
  .describe('The email address; unique in the org, up to letter case.');
const role = z.string().min(1).describe('The name (or id) of a role of the org.');
const label = name('The name.').nullable().optional();
const READ_ONLY = ['memberId', 'orgId', 'createdAt', 'updatedAt', 'createdBy'];

export const createMemberBody = z.object({ email, role, name: label }).meta({ readOnly: READ_ONLY });
export const updateMemberBody = z
  .object({ email: email.optional(), role: role.optional(), name: label })
  .meta({ readOnly: READ_ONLY });

const target = { memberId: z.string().describe('The member.'), expectedVersion };
export const createMemberInput = createMemberBody.extend(within);
export const updateMemberInput = updateMemberBody.extend({ ...within, ...target });
export const deleteMemberInput = z.object({ ...within, ...target });
