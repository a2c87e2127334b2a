import { type Member, members } from '../nouns/members/model.ts';
import { type Organization, organizations, orgIndex } from '../nouns/orgs/model.ts';
import { builtInRoles } from '../nouns/roles/repository.ts';
import { credentialChange, prefixOf } from '../nouns/tokens/credentials.ts';
import { type Token, tokens } from '../nouns/tokens/model.ts';
import type { Context } from '../resource/context.ts';
import { commit, created, insertion } from '../resource/write.ts';
import { createSecret } from '../words/secret.ts';

/** The operator's door: an org, the built-in roles, its first Admin and a token that acts as it, in one commit. */
export async function createOrganization(
  ctx: Context,
  name: string,
): Promise<{ organization: Organization; member: Member; token: string }> {
  const organization: Organization = { ...created(ctx, ctx.principal.orgId), name, description: null };
  const roles = builtInRoles(ctx);
  const admin: Member = {
    ...created(ctx, ctx.principal.actorId),
    email: 'admin@localhost',
    name: 'First admin',
    roleId: roles.admin.id,
  };
  const secret = createSecret(ctx.deps.randomBytes);
  const token: Token = {
    ...created(ctx, ctx.principal.tokenId),
    name: 'First token',
    roleId: null,
    permissions: null,
    workspaceIds: null,
    memberId: admin.id,
    expiresAt: null,
    rateLimitPerMinute: null,
    prefix: prefixOf(secret.publicId),
    revokedAt: null,
  };
  const planned = [
    ...insertion(ctx, organizations, organization),
    ...roles.planned,
    ...insertion(ctx, members, admin),
    ...insertion(ctx, tokens, token),
    { change: credentialChange(ctx, token, secret) },
    { change: { type: 'insert' as const, in: orgIndex, doc: { ...created(ctx, organization.id), orgId: '' } } },
  ];
  await commit(ctx, planned);
  return { organization, member: admin, token: secret.token };
}
