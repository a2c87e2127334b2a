import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList, rootNode } from '../../graphql/roots.ts';
import { naming, orgWide } from '../../resource/list.ts';
import { members } from '../members/model.ts';
import { organizations } from '../orgs/model.ts';
import { roles } from '../roles/model.ts';
import { createTokenInput, revokeTokenInput, rotateTokenInput, tokens, tokenUses, updateTokenInput } from './model.ts';
import { createToken, deleteToken, rotateToken, updateToken } from './repository.ts';

defineNode(
  tokens,
  'A bearer token: acts as a member, or is a service identity of its own.',
  (t) => ({
    role: edge(t, roles, 'Its role.', (token) => token.roleId),
    member: edge(t, members, 'The member it acts as.', (token) => token.memberId),
    organization: edge(t, organizations, 'The organization.', (token) => token.orgId),
  }),
  {
    roleName: async ({ roleId }, ctx) =>
      roleId === null ? null : ((await ctx.loaders.get(roles.collection, roleId))?.name ?? null),
    lastUsedAt: async (token, ctx) => (await ctx.loaders.get(tokenUses, token.id))?.lastUsedAt ?? null,
  },
);

rootNode(tokens, 'token');
rootList(tokens, 'tokens', {
  description: 'The tokens of the organization, revoked ones too.',
  list: orgWide('tokens'),
});

listOn(organizations, 'tokens', tokens, 'Its tokens.', orgWide('tokens'));
listOn(members, 'tokens', tokens, 'The tokens that act as the member.', naming(members, 'tokens of'));

const payload = { token: { type: refOf(tokens), description: 'The token.' } };
const secret = { secret: { type: 'String', nullable: true, description: 'The bearer token itself; shown this once.' } };

mutation('createToken', {
  permission: 'tokens:create',
  description: 'Makes a token; it can have no more rights than its maker.',
  input: createTokenInput,
  payload: { ...payload, ...secret },
  resolve: createToken,
});

mutation('updateToken', {
  permission: 'tokens:update',
  description: 'Changes a token, as a merge patch; it can be given no more rights than the caller has.',
  input: updateTokenInput,
  changes: tokens,
  payload,
  resolve: updateToken,
});

mutation('deleteToken', {
  permission: 'tokens:delete',
  description: 'Revokes a token; it stays readable.',
  input: revokeTokenInput,
  payload,
  resolve: deleteToken,
});

mutation('rotateToken', {
  permission: 'tokens:update',
  description: 'Gives a token a new secret, to whoever may do all that it opens; the old one dies after the overlap.',
  input: rotateTokenInput,
  payload: { ...payload, ...secret },
  resolve: rotateToken,
});
