import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { naming, orgWide } from '../../resource/list.ts';
import { organizations } from '../orgs/model.ts';
import { roles } from '../roles/model.ts';
import { createMemberInput, deleteMemberInput, members, updateMemberInput } from './model.ts';
import { createMember, deleteMember, updateMember } from './repository.ts';

defineNode(
  members,
  'A person of the organization.',
  (t) => ({
    role: edge(t, roles, "The member's role.", (member) => member.roleId),
    organization: edge(t, organizations, 'The organization.', (member) => member.orgId),
  }),
  { roleName: async (member, ctx) => (await ctx.loaders.get(roles.collection, member.roleId))?.name ?? null },
);

rootNode(members, 'member');
rootList(members, 'members', { description: 'The members of the organization.', list: orgWide('members') });

const payload = { member: { type: refOf(members), description: 'The member.' } };

mutation('createMember', {
  permission: 'members:create',
  description: 'Adds a member; the role can allow no more than the caller may.',
  input: createMemberInput,
  payload,
  resolve: createMember,
});

listOn(organizations, 'members', members, 'Its members.', orgWide('members'));
listOn(roles, 'members', members, 'The members who hold it.', naming(roles, 'members with'));

mutation('updateMember', {
  permission: 'members:update',
  description: 'Changes a member; the last Admin keeps the role.',
  input: updateMemberInput,
  changes: members,
  payload,
  resolve: updateMember,
});

mutation('deleteMember', {
  permission: 'members:delete',
  description: 'Removes a member, never the last Admin; the tokens that act as the member die.',
  input: deleteMemberInput,
  payload,
  resolve: deleteMember,
});
