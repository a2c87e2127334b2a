import { forbidden } from '../words/errors.ts';
import type { Context } from './context.ts';
import { ACTIONS, allows, firstMissing } from './permissions.ts';

/** Rights as somebody would have them: what may be done, and where. */
export interface Grant {
  permissions: readonly string[];
  /** null: in the whole org. */
  workspaceIds: readonly string[] | null;
}

/**
 * Nobody gives more than they have: a 403 names a missing permission, or the one that the act itself takes where the
 * grant reaches beyond the workspaces that the giver is limited to.
 */
export function checkGrant(ctx: Context, act: string, { permissions, workspaceIds }: Grant): void {
  const missing = firstMissing(ctx.principal.permissions, permissions);
  if (missing !== null) throw forbidden(missing);
  const own = ctx.principal.workspaceIds;
  if (own !== null && !workspaceIds?.every((id) => own.includes(id))) throw forbidden(act);
}

/**
 * A token opens what its actor keeps private: whoever learns its secret, or has one made, must be among those who know
 * what the actor knows, or may see all that is private.
 */
export function checkActor(ctx: Context, insiders: readonly (string | null)[], permissions: readonly string[]): void {
  const opens = ACTIONS.some((action) => allows(permissions, `namespaces:${action}`));
  if (opens && !insiders.includes(ctx.principal.actorId) && !allows(ctx.principal.permissions, SEES_ALL))
    throw forbidden(SEES_ALL);
}

const SEES_ALL = 'namespaces:manage';
