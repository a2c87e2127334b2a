import { type Member, members } from '../nouns/members/model.ts';
import { type Organization, organizations, orgIndex } from '../nouns/orgs/model.ts';
import { builtInRoles } from '../nouns/roles/repository.ts';
import { credentialChange, prefixOf } from '../nouns/tokens/credentials.ts';
import { tokens } from '../nouns/tokens/model.ts';
import type { Context } from '../resource/context.ts';
import { created, docFrom } from '../resource/new-doc.ts';
import { commit, insertion, type Planned } from '../resource/write.ts';
import { createSecret, type Secret } from '../words/secret.ts';

/** There is an org already, or another start made one at the same time. */
export class NotTheFirst extends Error {}

/**
 * The operator's door: an org, the built-in roles, its first Admin and a token that acts as it, in one commit; with `isFirst`
 * only where no org is, else with `NotTheFirst`.
 */
export async function createOrganization(
  ctx: Context,
  name: string,
  { secret = createSecret(ctx.deps.randomBytes), isFirst = false }: { secret?: Secret; isFirst?: boolean } = {},
): Promise<{ organization: Organization; member: Member; token: string }> {
  const organization = docFrom(organizations, created(ctx, ctx.principal.orgId), { name });
  const roles = builtInRoles(ctx);
  const admin = docFrom(members, created(ctx, ctx.principal.actorId), {
    email: 'admin@localhost',
    name: 'First admin',
    roleId: roles.admin.id,
  });
  const token = docFrom(tokens, created(ctx, ctx.principal.tokenId), {
    name: 'First token',
    memberId: admin.id,
    prefix: prefixOf(secret.publicId),
  });
  // Another start, which may have been given the same secret.
  const alone = isFirst ? { otherwise: () => new NotTheFirst() } : {};
  const planned = [
    ...insertion(ctx, organizations, organization),
    ...roles.planned,
    ...insertion(ctx, members, admin, 'email', { after: { role: roles.admin.name } }),
    ...insertion(ctx, tokens, token, 'name', { after: { role: null } }),
    { change: credentialChange(ctx, token, secret), ...alone },
    ...entry(ctx, organization.id, isFirst, alone),
  ];
  await commit(ctx, planned);
  return { organization, member: admin, token: secret.token };
}

/** That none is there says the look; that nobody is making one now, the key that both would take. */
function entry(ctx: Context, orgId: string, isFirst: boolean, alone: Pick<Planned, 'otherwise'>): Planned[] {
  const insert = { type: 'insert', in: orgIndex, doc: { ...created(ctx, orgId, ''), isFirst } } as const;
  const none = { type: 'none', in: orgIndex, query: { orgId: '' } } as const;
  return [...(isFirst ? [{ change: none, ...alone }] : []), { change: insert, ...alone }];
}
