import type { Context } from '../../resource/context.ts';
import { type Generations, generationsNow } from '../../resource/generation.ts';
import { keptByIds, keptByUniques } from '../../resource/kept.ts';
import type { MatchIndex } from '../../routing/match-index.ts';
import { type LogicalModel, logicalModels } from '../logical-models/model.ts';
import { entitlements, grantKey, type ModelEntitlement } from '../model-entitlements/model.ts';
import { type ProviderAccount, providerAccounts } from '../provider-accounts/model.ts';
import { policyIndex } from './cache.ts';
import { type RouterPolicy, routerPolicies } from './model.ts';

/**
 * What people have set for an org's requests, as of one moment. It seldom changes, so it is kept in memory: one small
 * read tells whether that is still what is stored, and only what has changed since is read again.
 */
export interface Settings {
  policies(): Promise<MatchIndex<RouterPolicy>>;
  policy(id: string): Promise<RouterPolicy | null>;
  /** By their ids. */
  models(ids: Iterable<string>): Promise<Map<string, LogicalModel>>;
  /** Those models, their fallbacks, theirs and so on. */
  modelsWithFallbacks(heads: Iterable<string>): Promise<Map<string, LogicalModel>>;
  accounts(ids: Iterable<string>): Promise<Map<string, ProviderAccount>>;
  /** A workspace's grants, by logical model. */
  grants(workspaceId: string, modelIds: Iterable<string>): Promise<Map<string, ModelEntitlement>>;
}

const SETTINGS = [
  routerPolicies.collection,
  logicalModels.collection,
  providerAccounts.collection,
  entitlements.collection,
];

export async function settingsNow(ctx: Context): Promise<Settings> {
  const generations = await generationsNow(ctx, SETTINGS);
  const models = (ids: Iterable<string>) => keptByIds(ctx, generations, logicalModels.collection, ids);
  return {
    policies: () => policyIndex(ctx, generations),
    policy: async (id) => (await keptByIds(ctx, generations, routerPolicies.collection, [id])).get(id) ?? null,
    models,
    modelsWithFallbacks: (heads) => withFallbacks(models, heads),
    accounts: (ids) => keptByIds(ctx, generations, providerAccounts.collection, ids),
    grants: (workspaceId, modelIds) => grantsOf(ctx, generations, workspaceId, modelIds),
  };
}

async function withFallbacks(read: Settings['models'], heads: Iterable<string>): Promise<Map<string, LogicalModel>> {
  const models = new Map<string, LogicalModel>();
  const asked = new Set<string>();
  for (let next = [...heads]; next.length > 0; ) {
    for (const id of next) asked.add(id);
    const found = await read(next);
    for (const [id, model] of found) models.set(id, model);
    next = [...found.values()]
      .map(({ fallback }) => fallback)
      .filter((id) => id !== null && !asked.has(id)) as string[];
  }
  return models;
}

async function grantsOf(ctx: Context, generations: Generations, workspaceId: string, modelIds: Iterable<string>) {
  const keys = [...modelIds].map((id) => grantKey(workspaceId, id));
  const grants = await keptByUniques(ctx, generations, entitlements.collection, keys);
  return new Map([...grants.values()].map((grant) => [grant.logicalModelId, grant]));
}
