import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { unreferenced } from '../../resource/references.ts';
import { checkVersion } from '../../resource/version.ts';
import {
  insertion,
  type Planned,
  removal,
  save,
  stillThere,
  unchanged,
  update,
  withRetry,
} from '../../resource/write.ts';
import { invalidField } from '../../words/errors.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import {
  type createLogicalModelInput,
  type deleteLogicalModelInput,
  type LogicalModel,
  logicalModels,
  type updateLogicalModelInput,
} from './model.ts';

export function createLogicalModel(ctx: Context, input: z.output<typeof createLogicalModelInput>) {
  return withRetry(async () => {
    const model = newDoc(ctx, logicalModels, input.logicalModelId, input, {});
    const references = await referencesOf(ctx, model, null);
    return save(ctx, [...references, ...insertion(ctx, logicalModels, model, 'logical_model_id')], {
      logicalModel: model,
    });
  });
}

export function updateLogicalModel(ctx: Context, input: z.output<typeof updateLogicalModelInput>) {
  return update(
    ctx,
    logicalModels,
    async () => reach(ctx, [], logicalModels, input.logicalModelId),
    input.expectedVersion,
    async (before) => {
      const doc = mergePatch(logicalModels, before, input);
      return { doc, also: await referencesOf(ctx, doc, before) };
    },
    (logicalModel) => ({ logicalModel }),
  );
}

async function referencesOf(ctx: Context, next: LogicalModel, before: LogicalModel | null): Promise<Planned[]> {
  const planned: Planned[] = [];
  const known = new Set(before?.targets.map((target) => target.providerAccountId));
  for (const accountId of new Set(next.targets.map((target) => target.providerAccountId)))
    if (!known.has(accountId))
      planned.push(stillThere(providerAccounts, await needReference(ctx, providerAccounts, accountId)));
  if (next.fallback === null || next.fallback === before?.fallback) return planned;
  if (next.fallback !== next.id) await needReference(ctx, logicalModels, next.fallback);
  const chain = await fallbackChain(ctx, next.fallback);
  if (next.fallback === next.id || chain.some((model) => model.id === next.id))
    throw invalidField(['fallback'], 'the fallbacks would lead back to the model itself', next.fallback);
  // In the versions that were read, so that two changes cannot close a cycle between them.
  return [...planned, ...chain.map((model) => unchanged(logicalModels, model))];
}

/** The model, its fallback, that one's and so on, each once. */
export async function fallbackChain(ctx: Context, modelId: string | null): Promise<LogicalModel[]> {
  const chain: LogicalModel[] = [];
  for (let id = modelId; id !== null && !chain.some((model) => model.id === id); ) {
    const model: LogicalModel | null = await ctx.deps.store.get(logicalModels.collection, {
      orgId: ctx.principal.orgId,
      id,
    });
    if (!model) break;
    chain.push(model);
    id = model.fallback;
  }
  return chain;
}

export function deleteLogicalModel(ctx: Context, input: z.output<typeof deleteLogicalModelInput>) {
  return withRetry(async () => {
    const logicalModel = await reach(ctx, [], logicalModels, input.logicalModelId);
    checkVersion(ctx, logicalModel, input.expectedVersion);
    const unnamed = unreferenced(ctx, logicalModels, logicalModel.id, 'referenced');
    return save(ctx, [...unnamed, ...removal(ctx, logicalModels, logicalModel)], { logicalModel });
  });
}
