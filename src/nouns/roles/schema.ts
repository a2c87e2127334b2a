import { mutation } from '../../graphql/mutations.ts';
import { defineNode, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import { createRoleInput, deleteRoleInput, roles, updateRoleInput } from './model.ts';
import { createRole, deleteRole, updateRole } from './repository.ts';

defineNode(roles, 'A named set of permissions, held by members and tokens.');
rootNode(roles, 'role');
rootList(roles, 'roles', { description: 'The roles of the organization.', list: orgWide('roles') });

const payload = { role: { type: refOf(roles), description: 'The role.' } };

mutation('createRole', {
  permission: 'roles:create',
  description: 'Creates a role; it can allow no more than its maker may.',
  input: createRoleInput,
  payload,
  resolve: createRole,
});

listOn(organizations, 'roles', roles, 'Its roles, the built-in ones included.', orgWide('roles'));

mutation('updateRole', {
  permission: 'roles:update',
  description: 'Changes a role of your own making.',
  input: updateRoleInput,
  changes: roles,
  payload,
  resolve: updateRole,
});

mutation('deleteRole', {
  permission: 'roles:delete',
  description: 'Deletes a role that nobody holds.',
  input: deleteRoleInput,
  payload,
  resolve: deleteRole,
});
