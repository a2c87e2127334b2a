import { LRUCache } from 'lru-cache';
import type { Context } from '../../resource/context.ts';
import type { Planned } from '../../resource/write.ts';
import { buildIndex, type MatchIndex } from '../../routing/match-index.ts';
import type { Collection, Doc, PageQuery, Store } from '../../store/store.ts';
import { type RouterPolicy, routerPolicies } from './model.ts';

/** Counts the changes of an org's policies, so that every process knows when its index is old; its id names what it counts. */
export interface Generation extends Doc {
  count: number;
}
export const generations: Collection<Generation> = { name: 'generations', first: { count: 0 } };
const POLICIES = 'policies';

export const generationRules = {
  'generation.bump': (doc: Doc | null) => ({
    next: { count: ((doc as Generation | null)?.count ?? 0) + 1 },
    result: null,
  }),
};

/** Part of every commit that changes a policy. */
export function bumpGeneration(ctx: Context): Planned {
  return {
    change: {
      type: 'apply',
      in: generations,
      key: { orgId: ctx.principal.orgId, id: POLICIES },
      rule: 'generation.bump',
      input: null,
    },
  };
}

interface Cached {
  version: number;
  index: MatchIndex<RouterPolicy>;
}

/** Policies that are kept in memory, over all orgs. */
const POLICIES_MAX = 200_000;
const caches = new WeakMap<Store['changes'], LRUCache<string, Cached>>();

/** The org's policies as an index, read again only when one has changed (in any process): one small read otherwise. */
export async function policyIndex(ctx: Context): Promise<MatchIndex<RouterPolicy>> {
  const { store } = ctx.deps;
  const { orgId } = ctx.principal;
  const version = (await store.get(generations, { orgId, id: POLICIES }))?.version ?? 0;
  const cache = caches.get(store.changes) ?? createCache();
  caches.set(store.changes, cache);
  const known = cache.get(orgId);
  if (known?.version === version) return known.index;
  const index = buildIndex(await allPolicies(ctx));
  cache.set(orgId, { version, index });
  return index;
}

/** An org with more than all that is kept still has its own index: alone. */
function createCache(): LRUCache<string, Cached> {
  return new LRUCache({
    maxSize: POLICIES_MAX,
    sizeCalculation: ({ index }) => Math.min(index.ranked.length + 1, POLICIES_MAX),
  });
}

async function allPolicies(ctx: Context): Promise<RouterPolicy[]> {
  const policies: RouterPolicy[] = [];
  const query: PageQuery = { orgId: ctx.principal.orgId, order: 'asc', limit: 1_000 };
  for (let after: RouterPolicy | null = null; ; ) {
    const page: { docs: RouterPolicy[]; more: boolean } = await ctx.deps.store.page(routerPolicies.collection, {
      ...query,
      after,
    });
    policies.push(...page.docs);
    if (!page.more) return policies;
    after = page.docs.at(-1)!;
  }
}
