import { LRUCache } from 'lru-cache';
import type { Context } from '../../resource/context.ts';
import type { Generations } from '../../resource/generation.ts';
import { generationOf } from '../../resource/kept.ts';
import { buildIndex, type MatchIndex } from '../../routing/match-index.ts';
import { allDocs } from '../../store/every.ts';
import type { Store } from '../../store/store.ts';
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
  const index = buildIndex(await allDocs(ctx.deps.store, routerPolicies.collection, { orgId }));
  cache.set(orgId, { generation, index });
  return index;
}

function cacheOf({ changes }: Store): LRUCache<string, Cached> {
  const sizeCalculation = ({ index }: Cached) => Math.min(index.ranked.length + 1, POLICIES_MAX);
  const cache = caches.get(changes) ?? new LRUCache<string, Cached>({ maxSize: POLICIES_MAX, sizeCalculation });
  caches.set(changes, cache);
  return cache;
}
