import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { canSee } from '../../resource/noun.ts';
import { mergePatch } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, removal, save, stillThere, update, withRetry } from '../../resource/write.ts';
import { chain, type MaybePromise } from '../../store/store.ts';
import { notFound } from '../../words/errors.ts';
import { logicalModels } from '../logical-models/model.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  entitlements,
  grantKey,
  type grantModelEntitlementInput,
  type ModelEntitlement,
  type revokeModelEntitlementInput,
  type updateModelEntitlementInput,
} from './model.ts';

type Target = { workspaceId: string; logicalModelId: string };

/** A grant is found by its workspace and model. */
export function readEntitlement(ctx: Context, { workspaceId, logicalModelId }: Target): MaybePromise<ModelEntitlement> {
  return chain(reach(ctx, [], workspaces, workspaceId), () =>
    chain(
      ctx.deps.store.getUnique(entitlements.collection, ctx.principal.orgId, grantKey(workspaceId, logicalModelId)),
      (grant) => {
        if (!grant || !canSee(ctx.principal, entitlements, grant)) throw notFound('model_entitlement', logicalModelId);
        return grant;
      },
    ),
  );
}

export function grantModelEntitlement(ctx: Context, input: z.output<typeof grantModelEntitlementInput>) {
  return withRetry(async () => {
    const workspace = await reach(ctx, [], workspaces, input.workspaceId);
    const model = await needReference(ctx, logicalModels, input.logicalModelId);
    const own = { workspaceId: workspace.id, logicalModelId: model.id };
    const modelEntitlement = newDoc(ctx, entitlements, ctx.deps.ids.next('ent_'), input, own);
    const planned = [
      stillThere(workspaces, workspace),
      stillThere(logicalModels, model),
      ...insertion(ctx, entitlements, modelEntitlement, 'logical_model_id'),
    ];
    return save(ctx, planned, { modelEntitlement });
  });
}

export function updateModelEntitlement(ctx: Context, input: z.output<typeof updateModelEntitlementInput>) {
  return update(
    ctx,
    entitlements,
    async () => readEntitlement(ctx, input),
    input.expectedVersion,
    (before) => ({
      doc: {
        ...mergePatch(entitlements, before, input),
        logicalModelId: before.logicalModelId,
      },
    }),
    (modelEntitlement) => ({ modelEntitlement }),
  );
}

export function revokeModelEntitlement(ctx: Context, input: z.output<typeof revokeModelEntitlementInput>) {
  return withRetry(async () => {
    const modelEntitlement = await readEntitlement(ctx, input);
    checkVersion(ctx, modelEntitlement, input.expectedVersion);
    return save(ctx, removal(ctx, entitlements, modelEntitlement), { modelEntitlement });
  });
}
