import { LRUCache } from 'lru-cache';
import type { Context } from '../../resource/context.ts';
import type { Generations } from '../../resource/generation.ts';
import { generationOf } from '../../resource/kept.ts';
import { buildIndex, type MatchIndex } from '../../routing/match-index.ts';
import type { PageQuery, Store } from '../../store/store.ts';
import { type RouterPolicy, routerPolicies } from './model.ts';

interface Cached {
  generation: number;
  index: MatchIndex<RouterPolicy>;
}

/** Policies that are kept in memory, over all orgs; those of a single org that has more are kept alone. */
const POLICIES_MAX = 200_000;
const caches = new WeakMap<Store['changes'], LRUCache<string, Cached>>();

/** The org's policies as an index, read again only when one has changed (in any process). */
export async function policyIndex(ctx: Context, generations: Generations): Promise<MatchIndex<RouterPolicy>> {
  const { orgId } = ctx.principal;
  const cache = cacheOf(ctx.deps.store);
  const generation = generationOf(generations, routerPolicies.collection);
  const known = cache.get(orgId);
  if (known?.generation === generation) return known.index;
  const index = buildIndex(await allPolicies(ctx));
  cache.set(orgId, { generation, index });
  return index;
}

function cacheOf({ changes }: Store): LRUCache<string, Cached> {
  const sizeCalculation = ({ index }: Cached) => Math.min(index.ranked.length + 1, POLICIES_MAX);
  const cache = caches.get(changes) ?? new LRUCache<string, Cached>({ maxSize: POLICIES_MAX, sizeCalculation });
  caches.set(changes, cache);
  return cache;
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
