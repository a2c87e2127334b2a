import type { z } from 'zod';
import { audit } from '../audit/record.ts';
import { ADMIN, BUILT_IN_ROLES, firstMissing } from '../auth/permissions.ts';
import type { Context } from '../context.ts';
import { conflict, forbidden, notFound } from '../errors.ts';
import { checkVersion } from '../etag.ts';
import { members } from '../members/model.ts';
import { mergePatch } from '../merge.ts';
import { unreferenced } from '../models/repository.ts';
import type { Noun } from '../nouns.ts';
import { reach } from '../paths.ts';
import { type Doc, fold } from '../store/store.ts';
import { tokens } from '../tokens/model.ts';
import { created, insertion, type Planned, removal, save, update, withRetry } from '../writes.ts';
import {
  type createRoleInput,
  type deleteRoleInput,
  type Role,
  roles,
  updateRoleBody,
  type updateRoleInput,
} from './model.ts';

/** A role by its name or its id. */
export async function roleByName(ctx: Context, nameOrId: string): Promise<Role> {
  const { store } = ctx.deps;
  const { orgId } = ctx.principal;
  const role =
    (await store.getUnique(roles.collection, orgId, fold(nameOrId))) ??
    (await store.get(roles.collection, { orgId, id: nameOrId }));
  if (!role) throw notFound('role', nameOrId);
  return role;
}

/** The documents by which a new org refers to the built-in roles, without what these allow. */
export function builtInRoles(ctx: Context): { admin: Role; planned: Planned[] } {
  const all = Object.entries(BUILT_IN_ROLES).map(
    ([name, permissions]): Role => ({
      ...created(ctx, ctx.deps.ids.next('role_')),
      name,
      permissions,
      builtIn: true,
    }),
  );
  const planned = all.flatMap((role): Planned[] => [
    { change: { type: 'insert', in: roles.collection, doc: { ...role, permissions: [] } as Role } },
    { change: audit(ctx, roles, { verb: 'create', before: null, after: role }) },
  ]);
  return { admin: all.find(({ name }) => name === ADMIN)!, planned };
}

/** Nobody gives more than they have: otherwise a 403 that names a missing permission. */
export function checkGrants(ctx: Context, permissions: readonly string[]): void {
  const missing = firstMissing(ctx.principal.permissions, permissions);
  if (missing !== null) throw forbidden(missing);
}

export function createRole(ctx: Context, input: z.output<typeof createRoleInput>) {
  checkGrants(ctx, input.permissions);
  return withRetry(async () => {
    const role: Role = {
      ...created(ctx, ctx.deps.ids.next('role_')),
      name: input.name,
      permissions: input.permissions,
      builtIn: false,
    };
    await save(ctx, insertion(ctx, roles, role), { role });
    return { role };
  });
}

export function updateRole(ctx: Context, input: z.output<typeof updateRoleInput>) {
  return update(
    ctx,
    roles,
    async () => reach(ctx, input.orgId, [], roles, input.roleId),
    input.expectedVersion,
    (before) => {
      const doc = mergePatch(roles, updateRoleBody, before, input);
      checkGrants(ctx, doc.permissions);
      const changes = doc.name !== before.name || String(doc.permissions) !== String(before.permissions);
      return {
        doc,
        refuse: before.builtIn && changes ? conflict('role', { reason: 'built_in', conflictingId: before.id }) : null,
      };
    },
    (role) => ({ role }),
  );
}

export function deleteRole(ctx: Context, input: z.output<typeof deleteRoleInput>) {
  return withRetry(async () => {
    const role = await reach(ctx, input.orgId, [], roles, input.roleId);
    checkVersion(ctx, role, input.expectedVersion);
    if (role.builtIn) throw conflict('role', { reason: 'built_in', conflictingId: role.id });
    const users = [members, tokens] as unknown as Noun<Doc>[];
    const unused = users.map((noun) => unreferenced(ctx, roles, noun, `role:${role.id}`, 'in_use'));
    await save(ctx, [...unused, ...removal(ctx, roles, role)], { role });
    return { role };
  });
}
