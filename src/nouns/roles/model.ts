import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import { BUILT_IN_ROLES, isPermission } from '../../resource/permissions.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, name, within } from '../../validation/fields.ts';
import { fold } from '../../words/fold.ts';

export interface Role extends Doc {
  name: string;
  /** Of a built-in one what the program says, whatever is stored. */
  permissions: readonly string[];
  builtIn: boolean;
}

export const roles = defineNoun<Role>({
  type: 'Role',
  resource: 'role',
  permission: 'roles',
  referredAs: 'role',
  collection: {
    name: 'roles',
    first: { name: '', permissions: [], builtIn: false },
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
  return permissions ? { ...stored, permissions, edition: crc32(permissions.join()).toString(36) } : stored;
}

const permission = z
  .string()
  .refine(isPermission, 'a permission is resource:action (namespaces:read), * standing for any word')
  .describe('A permission.');
export const permissionList = z.array(permission).describe('Permissions `resource:action`, with `*` for any word.');
const READ_ONLY = ['roleId', 'builtIn', 'orgId', 'createdAt', 'updatedAt', 'createdBy'];
const NAME = 'Unique in the org, up to letter case.';

export const createRoleBody = z.object({ name: name(NAME), permissions: permissionList }).meta({ readOnly: READ_ONLY });
export const updateRoleBody = z
  .object({ name: name(NAME).optional(), permissions: permissionList.optional() })
  .meta({ readOnly: READ_ONLY });

const target = { roleId: z.string().describe('The role.'), expectedVersion };
export const createRoleInput = createRoleBody.extend(within);
export const updateRoleInput = updateRoleBody.extend({ ...within, ...target });
export const deleteRoleInput = z.object({ ...within, ...target });
