import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { checkGrant } from '../../resource/grants.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { reach } from '../../resource/path.ts';
import { ADMIN } from '../../resource/permissions.ts';
import { referenceTo } from '../../resource/references.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, type Planned, removal, save, stillThere, update, withRetry } from '../../resource/write.ts';
import { isName } from '../../validation/names.ts';
import { conflict, invalidField } from '../../words/errors.ts';
import { fold } from '../../words/fold.ts';
import { orgFence } from '../orgs/fence.ts';
import { type Role, roles } from '../roles/model.ts';
import { roleByName, roleNamed } from '../roles/repository.ts';
import {
  type createMemberInput,
  type deleteMemberInput,
  type Member,
  members,
  type updateMemberInput,
} from './model.ts';

export function createMember(ctx: Context, input: z.output<typeof createMemberInput>) {
  return withRetry(async () => {
    checkEmail(input.email);
    const role = await roleByName(ctx, input.role);
    checkGrant(ctx, 'members:create', { permissions: role.permissions, workspaceIds: null });
    const member = newDoc(ctx, members, ctx.deps.ids.next('mem_'), input, { roleId: role.id });
    return save(
      ctx,
      [stillThere(roles, role), ...insertion(ctx, members, member, 'email', { after: { role: role.name } })],
      { member },
    );
  });
}

export function updateMember(ctx: Context, input: z.output<typeof updateMemberInput>) {
  return update(
    ctx,
    members,
    async () => reach(ctx, [], members, input.memberId),
    input.expectedVersion,
    async (before) => {
      const { role: wanted, ...fields } = input;
      const doc = mergePatch(members, before, fields);
      if (doc.email !== before.email) await checkNewEmail(ctx, before, doc.email);
      if (wanted === undefined) return { doc, field: 'email' };
      const role = await roleNamed(ctx, wanted, before.roleId);
      if (role.id === before.roleId) return { doc, field: 'email' };
      checkGrant(ctx, 'members:update', { permissions: role.permissions, workspaceIds: null });
      return {
        doc: { ...doc, roleId: role.id },
        field: 'email',
        told: { before: { role: await roleNameOf(ctx, before) }, after: { role: role.name } },
        also: [stillThere(roles, role), ...(await adminRemains(ctx, before))],
      };
    },
    (member) => ({ member }),
  );
}

/** What nobody sees would make two people of one, or one of two; what was stored before goes on. */
function checkEmail(email: string): void {
  if (!isName(email)) throw invalidField(['email'], NO_UNSEEN, email);
}

const NO_UNSEEN = 'an email address must not contain control characters, invisible characters or bidi controls';

/** Whoever proves to have the address acts as the member: to change it is to give somebody the member's rights. */
async function checkNewEmail(ctx: Context, before: Member, email: string): Promise<void> {
  if (fold(email) !== fold(before.email)) {
    const role = await roleOf(ctx, before);
    checkGrant(ctx, 'members:update', { permissions: role?.permissions ?? [], workspaceIds: null });
  }
  checkEmail(email);
}

async function roleOf(ctx: Context, { orgId, roleId }: Member): Promise<Role | null> {
  return ctx.deps.store.get(roles.collection, { orgId, id: roleId });
}

async function roleNameOf(ctx: Context, member: Member): Promise<string | null> {
  return (await roleOf(ctx, member))?.name ?? null;
}

export function deleteMember(ctx: Context, input: z.output<typeof deleteMemberInput>) {
  return withRetry(async () => {
    const member = await reach(ctx, [], members, input.memberId);
    checkVersion(ctx, member, input.expectedVersion);
    const told = { before: { role: await roleNameOf(ctx, member) } };
    return save(ctx, [...removal(ctx, members, member, { told }), ...(await adminRemains(ctx, member))], { member });
  });
}

/** After the change an Admin must be left; the org's document fences two removals that would each leave the other. */
async function adminRemains(ctx: Context, member: Member): Promise<Planned[]> {
  const admin: Role = await roleByName(ctx, ADMIN);
  if (member.roleId !== admin.id) return [];
  const query = { orgId: member.orgId, ref: referenceTo(roles, admin.id) };
  return [
    orgFence(ctx),
    {
      change: { type: 'atLeast', in: members.collection, query, min: 1 },
      otherwise: () => conflict('member', { reason: 'last_admin', conflictingId: member.id }),
    },
  ];
}
