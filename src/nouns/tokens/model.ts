import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { expectedVersion, name, optionalText, within } from '../../validation/fields.ts';
import { INSTANT_WANTED, instantOf } from '../../validation/instant.ts';
import { permissionList } from '../roles/model.ts';

export interface Token extends Doc {
  name: string;
  roleId: string | null;
  permissions: string[] | null;
  workspaceIds: string[] | null;
  memberId: string | null;
  expiresAt: string | null;
  rateLimitPerMinute: number | null;
  prefix: string;
  revokedAt: string | null;
}

export const tokens = defineNoun<Token>({
  type: 'Token',
  resource: 'token',
  permission: 'tokens',
  collection: {
    name: 'tokens',
    first: {
      name: '',
      roleId: null,
      permissions: null,
      workspaceIds: null,
      memberId: null,
      expiresAt: null,
      rateLimitPerMinute: null,
      prefix: '',
      revokedAt: null,
    },
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

const time = z
  .string()
  .refine((text) => instantOf(text) !== null, INSTANT_WANTED)
  .nullable()
  .optional()
  .describe('When it expires (RFC 3339); null: never.');

const fields = {
  role: optionalText("The name (or id) of a role; by default the maker's own rights, or the member's."),
  permissions: permissionList.nullable().optional().describe("Permissions; null: the role's."),
  workspaceIds: z
    .array(z.string())
    .nullable()
    .optional()
    .describe('Workspaces it is limited to; null: all that its maker sees.'),
};
const limits = {
  expiresAt: time,
  rateLimitPerMinute: z.int().min(1).nullable().optional().describe('Requests a minute; null: the general limit.'),
};
const READ_ONLY = [
  'tokenId',
  'prefix',
  'token',
  'lastUsedAt',
  'revokedAt',
  'orgId',
  'createdAt',
  'updatedAt',
  'createdBy',
];
const NAME = 'What it is for; need not be unique.';

export const createTokenBody = z
  .object({
    name: name(NAME),
    ...fields,
    memberId: optionalText(
      'The member it acts as; it never has more rights than the member. null: a service identity.',
    ),
    ...limits,
  })
  .meta({ readOnly: READ_ONLY });
export const updateTokenBody = z
  .object({ name: name(NAME).optional(), ...fields, ...limits })
  .meta({ readOnly: ['memberId', ...READ_ONLY] });
export const rotateTokenBody = z
  .object({
    overlapSeconds: z.int().min(0).max(604_800).default(0).describe('How long the old secret goes on, in seconds.'),
  })
  .meta({ readOnly: ['memberId', ...READ_ONLY, ...Object.keys(updateTokenBody.shape)] });

const target = { tokenId: z.string().describe('The token.') };
export const createTokenInput = createTokenBody.extend(within);
export const updateTokenInput = updateTokenBody.extend({ ...within, ...target, expectedVersion });
export const revokeTokenInput = z.object({ ...within, ...target, expectedVersion });
export const rotateTokenInput = rotateTokenBody.extend({ ...within, ...target });
