import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { expectedVersion, within } from '../../validation/fields.ts';
import { permission } from '../roles/model.ts';

const fields = {
  tokenId: field.documentedId('The documented id; stays through rotations.'),
  orgId: field.org(),
  name: field.name('What it is for; need not be unique.', { shown: 'What it is for.' }),
  roleId: field.hidden(field.optionalText('The role that it was given.')),
  role: field.given(
    field.optionalText("The name (or id) of a role; by default the maker's own rights, or the member's."),
  ),
  roleName: field.called('role', field.derived(field.optionalText('The name of its role.'))),
  permissions: field.optionalTextList(permission, "Permissions; null: the role's.", {
    shown: "Its own permissions; null: the role's.",
  }),
  workspaceIds: field.optionalTextList(z.string(), 'Workspaces it is limited to; null: all that its maker sees.', {
    shown: 'The workspaces it is limited to; null: all.',
  }),
  memberId: field.createOnly(
    field.optionalText('The member it acts as; it never has more rights than the member. null: a service identity.', {
      shown: 'The member it acts as; null: a service identity.',
    }),
  ),
  expiresAt: field.optionalTime('When it expires (RFC 3339); null: never.', { shown: 'When it expires; null: never.' }),
  rateLimitPerMinute: field.optionalInteger({ min: 1 }, 'Requests a minute; null: the general limit.'),
  prefix: field.made(field.text(z.string(), 'How its secret begins: by this it is found in logs and vaults.')),
  token: field.shownOnce(field.optionalText('The secret.')),
  lastUsedAt: field.derived(field.optionalTime('When it was last used, to the minute.')),
  revokedAt: field.readOnly(field.optionalTime('When it was revoked.')),
  ...field.authored,
};
export type Token = field.DocOf<typeof fields>;

export const tokens = defineNoun(fields, {
  type: 'Token',
  resource: 'token',
  permission: 'tokens',
  collection: {
    name: 'tokens',
    totals: [[]],
    watched: true,
    refs: [
      { to: 'role', ids: (doc) => [doc.roleId] },
      { to: 'member', ids: (doc) => [doc.memberId] },
    ],
  },
});

/** One secret of a token, found by its public id; a rotated token has two until the overlap ends. Keyed by itself. */
export interface Credential extends Doc {
  tokenId: string;
  tokenOrgId: string;
  secretHash: string;
  /** When this secret dies, apart from its token. */
  endsAt: string | null;
}
export const credentials: Collection<Credential> = {
  name: 'credentials',
  first: { tokenId: '', tokenOrgId: '', secretHash: '', endsAt: null },
  scopes: ['tokenId'],
  watched: true,
};

/** `last_used_at`, to the minute; apart from the token, since use is no change of it. */
export interface TokenUse extends Doc {
  lastUsedAt: string;
}
export const tokenUses: Collection<TokenUse> = { name: 'token_uses', first: { lastUsedAt: '' } };

export const rotateTokenBody = z
  .object({
    overlapSeconds: z.int().min(0).max(604_800).default(0).describe('How long the old secret goes on, in seconds.'),
  })
  .meta({ readOnly: field.repeatable(fields) });

const target = { tokenId: z.string().describe('The token.') };
export const createTokenInput = tokens.bodies.create.extend(within);
export const updateTokenInput = tokens.bodies.update.extend({ ...within, ...target, expectedVersion });
export const revokeTokenInput = z.object({ ...within, ...target, expectedVersion });
export const rotateTokenInput = rotateTokenBody.extend({ ...within, ...target });
