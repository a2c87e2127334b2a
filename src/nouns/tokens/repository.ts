import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Told } from '../../resource/audit.ts';
import { type Context, isoNow } from '../../resource/context.ts';
import { checkActor, checkGrant } from '../../resource/grants.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, type Planned, replacement, save, stillThere, update, withRetry } from '../../resource/write.ts';
import { allDocs } from '../../store/every.ts';
import { instantOf } from '../../validation/instant.ts';
import { conflict, invalid, valueError } from '../../words/errors.ts';
import { createSecret } from '../../words/secret.ts';
import { type Member, members } from '../members/model.ts';
import { type Role, roles } from '../roles/model.ts';
import { roleByName, roleNamed } from '../roles/repository.ts';
import { workspaces } from '../workspaces/model.ts';
import { credentialChange, prefixOf } from './credentials.ts';
import {
  type createTokenInput,
  credentials,
  type revokeTokenInput,
  type rotateTokenInput,
  type Token,
  tokens,
  type updateTokenInput,
} from './model.ts';
import { partsOf, rightsOf } from './rights.ts';

export function createToken(ctx: Context, input: z.output<typeof createTokenInput>) {
  return withRetry(async () => {
    const member = input.memberId == null ? null : await needReference(ctx, members, input.memberId);
    const role = input.role == null ? null : await roleByName(ctx, input.role);
    const secret = createSecret(ctx.deps.randomBytes);
    const draft = newDoc(ctx, tokens, ctx.deps.ids.next('tok_'), input, {
      roleId: role?.id ?? null,
      workspaceIds: await workspacesOf(ctx, input.workspaceIds, null),
      expiresAt: timeOf(input.expiresAt),
      prefix: prefixOf(secret.publicId),
    });
    // Made without any of the three, a service identity has its maker's own rights, copied; only here, never by a change.
    const asMaker = draft.permissions === null && role === null && member === null;
    const token: Token = asMaker ? { ...draft, permissions: [...ctx.principal.permissions] } : draft;
    const references = await granted(ctx, 'tokens:create', token, role, member);
    const made = insertion(ctx, tokens, token, 'name', { after: { role: role?.name ?? null } });
    const planned = [...references, ...made, { change: credentialChange(ctx, token, secret) }];
    return { ...(await save(ctx, planned, { token, secret: null })), secret: secret.token };
  });
}

/** Checks that whoever grants has all that the token would have; answers what must still be there at the commit. */
async function granted(
  ctx: Context,
  act: string,
  token: Token,
  role: Role | null,
  member: Member | null,
): Promise<Planned[]> {
  const memberRole =
    member && (await ctx.deps.store.get(roles.collection, { orgId: ctx.principal.orgId, id: member.roleId }));
  const { workspaceIds } = token;
  const permissions = rightsOf({ token, role, member, memberRole });
  checkGrant(ctx, act, { permissions: token.permissions ?? role?.permissions ?? [], workspaceIds });
  checkGrant(ctx, act, { permissions, workspaceIds });
  if (member) checkActor(ctx, [member.id], permissions);
  return [...(role ? [stillThere(roles, role)] : []), ...(member ? [stillThere(members, member)] : [])];
}

/** Whether a change asks for rights: other words, other workspaces, or a longer life. */
function asksForRights(before: Token, doc: Token): boolean {
  const later = before.expiresAt !== null && (doc.expiresAt === null || doc.expiresAt > before.expiresAt);
  return (
    later ||
    (['roleId', 'permissions', 'workspaceIds'] as const).some((name) => !isDeepStrictEqual(doc[name], before[name]))
  );
}

/** A change that would leave a token without role, permissions and member is refused at each field that was sent for it. */
function checkHolds(doc: Token, sent: { role?: unknown; permissions?: unknown }): void {
  if (doc.roleId !== null || doc.permissions !== null || doc.memberId !== null) return;
  const cleared = (['role', 'permissions'] as const).filter((name) => sent[name] === null);
  if (cleared.length === 0) return;
  const rule = 'a token needs a role, permissions or a member';
  throw invalid(cleared.map((name) => valueError(['input', name], rule, null)));
}

/** A limited token's `null` means its own workspaces; each that comes to it must be one the maker sees. */
async function workspacesOf(
  ctx: Context,
  asked: string[] | null | undefined,
  known: readonly string[] | null,
): Promise<string[] | null> {
  if (asked == null) return ctx.principal.workspaceIds && [...ctx.principal.workspaceIds];
  for (const id of asked) if (!known?.includes(id)) await needReference(ctx, workspaces, id);
  return [...new Set(asked)];
}

/** By the names that replies show; of a role that stays nothing is told. */
function rolesTold(before: Role | null, after: Role | null): Told {
  if (before?.id === after?.id) return {};
  return { before: { role: before?.name ?? null }, after: { role: after?.name ?? null } };
}

function timeOf(text: string | null | undefined): string | null {
  return text == null ? null : instantOf(text);
}

async function readToken(ctx: Context, input: { orgId?: string | null; tokenId: string }): Promise<Token> {
  return reach(ctx, [], tokens, input.tokenId);
}

export function updateToken(ctx: Context, input: z.output<typeof updateTokenInput>) {
  return update(
    ctx,
    tokens,
    () => readToken(ctx, input),
    input.expectedVersion,
    async (before) => {
      const { role: wanted, workspaceIds, expiresAt, ...fields } = input;
      const doc = mergePatch(tokens, before, fields);
      if (expiresAt !== undefined) doc.expiresAt = timeOf(expiresAt);
      if (workspaceIds !== undefined && !isDeepStrictEqual(workspaceIds, before.workspaceIds))
        doc.workspaceIds = await workspacesOf(ctx, workspaceIds, before.workspaceIds);
      const parts = await partsOf(ctx.deps.store, doc);
      const held = parts.role;
      if (wanted !== undefined) {
        parts.role = wanted === null ? null : await roleNamed(ctx, wanted, before.roleId);
        doc.roleId = parts.role?.id ?? null;
      }
      checkHolds(doc, input);
      const isDead = before.revokedAt !== null && !isDeepStrictEqual(doc, before);
      const refuse = isDead ? conflict('token', { reason: 'revoked', conflictingId: before.id }) : null;
      if (!asksForRights(before, doc)) return { doc, refuse };
      const also = await granted(ctx, 'tokens:update', doc, parts.role, parts.member);
      return { doc, also, refuse, told: rolesTold(held, parts.role) };
    },
    (token) => ({ token }),
  );
}

/** Revokes: dead at once here, within a second elsewhere; it stays readable, and revoking it again changes nothing. */
export function deleteToken(ctx: Context, input: z.output<typeof revokeTokenInput>) {
  return update(
    ctx,
    tokens,
    () => readToken(ctx, input),
    input.expectedVersion,
    (before) => ({ doc: before.revokedAt === null ? { ...before, revokedAt: isoNow(ctx) } : before, verb: 'revoke' }),
    (token) => ({ token }),
  );
}

/** A new secret under the same id; the old one dies after the overlap. */
export function rotateToken(ctx: Context, input: z.output<typeof rotateTokenInput>) {
  return withRetry(async () => {
    const before = await readToken(ctx, input);
    // Whoever rotates learns the secret: it must not open more than they may already do.
    const permissions = rightsOf(await partsOf(ctx.deps.store, before));
    checkGrant(ctx, 'tokens:update', { permissions, workspaceIds: before.workspaceIds });
    checkActor(ctx, before.memberId === null ? [before.id, before.createdBy] : [before.memberId], permissions);
    checkVersion(ctx, before, null);
    if (before.revokedAt !== null) throw conflict('token', { reason: 'revoked', conflictingId: before.id });
    const secret = createSecret(ctx.deps.randomBytes);
    const { after, planned } = replacement(
      ctx,
      tokens,
      before,
      { ...before, prefix: prefixOf(secret.publicId) },
      'rotate',
    );
    const ended = await endOthers(ctx, before.id, input.overlapSeconds);
    const all = [...planned, { change: credentialChange(ctx, after, secret) }, ...ended];
    return { ...(await save(ctx, all, { token: after, secret: null })), secret: secret.token };
  });
}

/** However many there are: one that was missed would outlive the overlap. */
async function endOthers(ctx: Context, tokenId: string, overlapSeconds: number): Promise<Planned[]> {
  const where = [{ field: 'tokenId', in: [tokenId] }];
  const others = await allDocs(ctx.deps.store, credentials, { orgId: '', where });
  const endsAt = new Date(ctx.deps.now() + overlapSeconds * 1000).toISOString();
  return others.flatMap((old): Planned[] => {
    if (old.endsAt !== null && old.endsAt <= isoNow(ctx))
      return [{ change: { type: 'remove', in: credentials, key: old, expected: old.version } }];
    if (old.endsAt !== null && old.endsAt <= endsAt) return [];
    const doc = { ...old, endsAt, version: old.version + 1 };
    return [{ change: { type: 'put', in: credentials, doc, expected: old.version } }];
  });
}
