import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { audit } from '../../resource/audit.ts';
import type { Context } from '../../resource/context.ts';
import { checkGrant } from '../../resource/grants.ts';
import { created, newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { reach } from '../../resource/path.ts';
import { ADMIN, BUILT_IN_ROLES } from '../../resource/permissions.ts';
import { unreferenced } from '../../resource/references.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, type Planned, removal, save, update, withRetry } from '../../resource/write.ts';
import { conflict, notFound } from '../../words/errors.ts';
import { expected } from '../../words/expected.ts';
import { fold } from '../../words/fold.ts';
import { type createRoleInput, type deleteRoleInput, type Role, roles, type updateRoleInput } from './model.ts';

/** A role by its id or its name; an id comes first, since a name may be spelled like the id of another role. */
export async function roleByName(ctx: Context, nameOrId: string): Promise<Role> {
  const { store } = ctx.deps;
  const { orgId } = ctx.principal;
  const role =
    (await store.get(roles.collection, { orgId, id: nameOrId })) ??
    (await store.getUnique(roles.collection, orgId, fold(nameOrId)));
  if (!role) throw notFound('role', nameOrId);
  return role;
}

/**
 * The role that a change names. The name that GET shows of the role that is held means that one, though an older role may
 * have the same name by now: what GET gave can be sent back, and gives nobody other rights.
 */
export async function roleNamed(ctx: Context, nameOrId: string, heldId: string | null): Promise<Role> {
  const { orgId } = ctx.principal;
  const held = heldId === null ? null : await ctx.deps.store.get(roles.collection, { orgId, id: heldId });
  return held?.name === nameOrId ? held : roleByName(ctx, nameOrId);
}

/** The documents by which a new org refers to the built-in roles, without what these allow. */
export function builtInRoles(ctx: Context): { admin: Role; planned: Planned[] } {
  const all = Object.entries(BUILT_IN_ROLES).map(
    ([name, permissions]): Role => ({
      ...created(ctx, ctx.deps.ids.next('role_')),
      name,
      permissions: [...permissions],
      builtIn: true,
    }),
  );
  const planned = all.flatMap((role): Planned[] => [
    { change: { type: 'insert', in: roles.collection, doc: { ...role, permissions: [] } as Role } },
    { change: audit(ctx, roles, { verb: 'create', before: null, after: role }) },
  ]);
  const admin = expected(
    all.find(({ name }) => name === ADMIN),
    'built-in role of admins',
  );
  return { admin, planned };
}

export function createRole(ctx: Context, input: z.output<typeof createRoleInput>) {
  // Until somebody holds it, a role gives nothing anywhere; whoever an issuer gives its name holds it in the whole org.
  const workspaceIds = ctx.deps.rolesAreClaimed === true ? null : [];
  checkGrant(ctx, 'roles:create', { permissions: input.permissions, workspaceIds });
  return withRetry(async () => {
    const role = newDoc(ctx, roles, ctx.deps.ids.next('role_'), input, {});
    return save(ctx, insertion(ctx, roles, role), { role });
  });
}

export function updateRole(ctx: Context, input: z.output<typeof updateRoleInput>) {
  return update(
    ctx,
    roles,
    async () => reach(ctx, [], roles, input.roleId),
    input.expectedVersion,
    (before) => {
      const doc = mergePatch(roles, before, input);
      const isRenamed = doc.name !== before.name;
      const isOther = !isDeepStrictEqual(doc.permissions, before.permissions);
      // Whoever an issuer gives the new name is given the role: to rename it is to give it.
      const gives = isOther || (ctx.deps.rolesAreClaimed === true && fold(doc.name) !== fold(before.name));
      if (gives) checkGrant(ctx, 'roles:update', { permissions: doc.permissions, workspaceIds: null });
      const refuse = before.builtIn && (isOther || isRenamed);
      return { doc, refuse: refuse ? conflict('role', { reason: 'built_in', conflictingId: before.id }) : null };
    },
    (role) => ({ role }),
  );
}

export function deleteRole(ctx: Context, input: z.output<typeof deleteRoleInput>) {
  return withRetry(async () => {
    const role = await reach(ctx, [], roles, input.roleId);
    checkVersion(ctx, role, input.expectedVersion);
    if (role.builtIn) throw conflict('role', { reason: 'built_in', conflictingId: role.id });
    const unused = unreferenced(ctx, roles, role.id, 'in_use');
    return save(ctx, [...unused, ...removal(ctx, roles, role)], { role });
  });
}
