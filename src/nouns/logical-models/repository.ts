import type { z } from 'zod';
import type { Context } from '../../resource/context.ts';
import { canSee, type Noun } from '../../resource/noun.ts';
import { mergePatch } from '../../resource/patch.ts';
import { needReference, reach } from '../../resource/path.ts';
import { checkVersion } from '../../resource/version.ts';
import {
  created,
  insertion,
  type Planned,
  removal,
  save,
  stillThere,
  unchanged,
  update,
  withRetry,
} from '../../resource/write.ts';
import type { Doc } from '../../store/store.ts';
import { conflict, invalidField } from '../../words/errors.ts';
import { entitlements } from '../model-entitlements/model.ts';
import { namespaces } from '../namespaces/model.ts';
import { organizations } from '../orgs/model.ts';
import { providerAccounts } from '../provider-accounts/model.ts';
import { routerPolicies } from '../router-policies/model.ts';
import {
  type createLogicalModelInput,
  type deleteLogicalModelInput,
  type LogicalModel,
  logicalModels,
  updateLogicalModelBody,
  type updateLogicalModelInput,
} from './model.ts';

export function createLogicalModel(ctx: Context, input: z.output<typeof createLogicalModelInput>) {
  return withRetry(async () => {
    const model: LogicalModel = {
      ...created(ctx, input.logicalModelId),
      name: input.name,
      description: input.description ?? null,
      category: input.category,
      capabilities: input.capabilities ?? [],
      targets: input.targets ?? [],
      fallback: input.fallback ?? null,
      enabled: input.enabled,
    };
    const references = await referencesOf(ctx, model, null);
    await save(ctx, [...references, ...insertion(ctx, logicalModels, model, 'logical_model_id')], {
      logicalModel: model,
    });
    return { logicalModel: model };
  });
}

export function updateLogicalModel(ctx: Context, input: z.output<typeof updateLogicalModelInput>) {
  return update(
    ctx,
    logicalModels,
    async () => reach(ctx, input.orgId, [], logicalModels, input.logicalModelId),
    input.expectedVersion,
    async (before) => {
      const doc = mergePatch(logicalModels, updateLogicalModelBody, before, input);
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

/** The org's document as a condition: changes that name it are made one after the other. */
export async function orgFence(ctx: Context): Promise<Planned> {
  const orgId = ctx.principal.orgId;
  return { change: { type: 'exists', in: organizations.collection, key: { orgId, id: orgId } } };
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
    const logicalModel = await reach(ctx, input.orgId, [], logicalModels, input.logicalModelId);
    checkVersion(ctx, logicalModel, input.expectedVersion);
    const users = [routerPolicies, entitlements, namespaces, logicalModels] as unknown as Noun<Doc>[];
    const unnamed = users.map((noun) => unreferenced(ctx, logicalModels, noun, `model:${logicalModel.id}`));
    await save(ctx, [...unnamed, ...removal(ctx, logicalModels, logicalModel)], { logicalModel });
    return { logicalModel };
  });
}

/** A condition: nothing of `by` refers to it; otherwise CONFLICT with the id of one that does, where the caller may see it. */
export function unreferenced<D extends Doc>(
  ctx: Context,
  noun: Noun<D>,
  by: Noun<Doc>,
  ref: string,
  reason = 'referenced',
): Planned {
  const orgId = ctx.principal.orgId;
  return {
    change: { type: 'none', in: by.collection, query: { orgId, ref }, label: `${noun.type} is referenced` },
    otherwise: async (failed) => {
      const user = await ctx.deps.store.get(by.collection, { orgId, id: String(failed.detail) });
      return conflict(noun.resource, {
        reason,
        conflictingId: user && canSee(ctx.principal, by, user) ? user.id : null,
      });
    },
  };
}
