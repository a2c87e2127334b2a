import { crc32 } from 'node:zlib';
import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { BUILT_IN_ROLES, PERMISSION } from '../../resource/permissions.ts';
import { expectedVersion, within } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export const permission = z
  .string()
  .regex(PERMISSION, 'a permission is resource:action (namespaces:read), * standing for any word')
  .describe('A permission.');
const permissionList = z.array(permission).describe('Permissions `resource:action`, with `*` for any word.');

const fields = {
  roleId: field.documentedId(),
  orgId: field.org(),
  name: field.name('Unique in the org, up to letter case.'),
  /** Of a built-in one what the program says, whatever is stored. */
  permissions: field.requiredList(permissionList, { shown: 'What it allows: `resource:action`, `*` for any word.' }),
  builtIn: field.readOnly(
    field.flag(false, 'Whether every org has it; such a role can be neither changed nor deleted.'),
  ),
  ...field.authored,
};
export type Role = field.DocOf<typeof fields>;

export const roles = defineNoun(fields, {
  type: 'Role',
  resource: 'role',
  permission: 'roles',
  referredAs: 'role',
  collection: {
    name: 'roles',
    stamped: true,
    totals: [[]],
    unique: (doc) => fold(doc.name),
    read: withTodaysPermissions,
    watched: true,
  },
});

/**
 * A built-in role is stored for its id, its name and who holds it; what it allows belongs to the program. So an org of
 * any age has every word that the program knows, and the role's ETag moves when the program's list does.
 */
function withTodaysPermissions(stored: Role): Role {
  const permissions = stored.builtIn ? BUILT_IN_ROLES[stored.name] : undefined;
  return permissions
    ? { ...stored, permissions: [...permissions], edition: crc32(permissions.join()).toString(36) }
    : stored;
}

const target = { roleId: z.string().describe('The role.'), expectedVersion };
export const createRoleInput = roles.bodies.create.extend(within);
export const updateRoleInput = roles.bodies.update.extend({ ...within, ...target });
export const deleteRoleInput = z.object({ ...within, ...target });
