import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { reach } from '../../resource/path.ts';
import { countBelow, goneWith, tombstone } from '../../resource/subtree.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, removal, save, stillThere, update, withRetry } from '../../resource/write.ts';
import { workspaces } from '../workspaces/model.ts';
import { type App, apps, type createAppInput, type deleteAppInput, type updateAppInput } from './model.ts';

type Target = { orgId?: string | null; workspaceId?: string | null; appId: string };

async function readApp(ctx: Context, input: Target): Promise<App> {
  return reach(ctx, [[workspaces, input.workspaceId]], apps, input.appId);
}

export function createApp(ctx: Context, input: z.output<typeof createAppInput>) {
  return withRetry(async () => {
    const workspace = await reach(ctx, [], workspaces, input.workspaceId);
    const app = newDoc(ctx, apps, ctx.deps.ids.next('app_'), input, { workspaceId: workspace.id });
    return save(ctx, [stillThere(workspaces, workspace), ...insertion(ctx, apps, app)], { app });
  });
}

export function updateApp(ctx: Context, input: z.output<typeof updateAppInput>) {
  return update(
    ctx,
    apps,
    () => readApp(ctx, input),
    input.expectedVersion,
    (before) => ({ doc: mergePatch(apps, before, input) }),
    (app) => ({ app }),
  );
}

/** Its namespaces go with it, in the manner of a workspace's subtree. */
export function deleteApp(ctx: Context, input: z.output<typeof deleteAppInput>) {
  return withRetry(async () => {
    const app = await readApp(ctx, input);
    checkVersion(ctx, app, input.expectedVersion);
    const counts = await countBelow(ctx, apps, app.id);
    const calledOff = await goneWith(ctx, 'appId', app.id);
    const marked = tombstone(ctx, apps, app);
    return save(ctx, [...removal(ctx, apps, app, { counts }), ...calledOff, ...marked], { app });
  });
}
