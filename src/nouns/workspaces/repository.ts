import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { replaceFields } from '../../resource/patch.ts';
import { reach } from '../../resource/path.ts';
import { countBelow, goneWith, madeWith, tombstone } from '../../resource/subtree.ts';
import { taskChange } from '../../resource/task.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, removal, save, update, withRetry } from '../../resource/write.ts';
import {
  type createWorkspaceInput,
  type deleteWorkspaceInput,
  type updateWorkspaceInput,
  workspaces,
} from './model.ts';

/** A workspace, its default environment and the task to make its bucket: one commit. */
export async function createWorkspace(ctx: Context, input: z.output<typeof createWorkspaceInput>) {
  return withRetry(async () => {
    const ownerId = input.ownerId === undefined ? ctx.principal.actorId : input.ownerId;
    const workspace = newDoc(ctx, workspaces, ctx.deps.ids.next('ws_'), input, { ownerId });
    const planned = [
      ...insertion(ctx, workspaces, workspace),
      ...madeWith(ctx, workspaces, workspace),
      { change: taskChange(ctx, 'provision', workspace.orgId, workspace.id) },
    ];
    return save(ctx, planned, { workspace });
  });
}

export function updateWorkspace(ctx: Context, input: z.output<typeof updateWorkspaceInput>) {
  return update(
    ctx,
    workspaces,
    async () => reach(ctx, [], workspaces, input.workspaceId),
    input.expectedVersion,
    (before) => ({ doc: replaceFields(workspaces, before, input) }),
    (workspace) => ({ workspace }),
  );
}

/** One commit marks the subtree; everything below is absent from then on, and a sweep removes it in batches. */
export function deleteWorkspace(ctx: Context, input: z.output<typeof deleteWorkspaceInput>) {
  return withRetry(async () => {
    const workspace = await reach(ctx, [], workspaces, input.workspaceId);
    checkVersion(ctx, workspace, input.expectedVersion);
    const counts = await countBelow(ctx, workspaces, workspace.id);
    const calledOff = await goneWith(ctx, 'workspaceId', workspace.id);
    const marked = tombstone(ctx, workspaces, workspace);
    return save(ctx, [...removal(ctx, workspaces, workspace, { counts }), ...calledOff, ...marked], { workspace });
  });
}
