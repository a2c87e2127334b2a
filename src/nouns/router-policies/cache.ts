import { LRUCache } from 'lru-cache';
import type { Context } from '../../resource/context.ts';
import type { Generations } from '../../resource/generation.ts';
import { generationOf } from '../../resource/kept.ts';
import { buildIndex, type MatchIndex } from '../../routing/match-index.ts';
import { afterMs, answerBy, REQUEST_MS } from '../../store/deadline.ts';
import { allDocs } from '../../store/every.ts';
import type { Store } from '../../store/store.ts';
import { type RouterPolicy, routerPolicies } from './model.ts';

interface Cached {
  generation: number;
  index: MatchIndex<RouterPolicy>;
}

/** A read that is under way, for whoever may wait for it. */
interface Reading {
  generation: number;
  /** Null where it has failed. */
  index: Promise<MatchIndex<RouterPolicy> | null>;
}

interface Kept {
  cache: LRUCache<string, Cached>;
  /** By org: one at a time, however many wait. */
  readings: Map<string, Reading>;
}

/** Policies that are kept in memory, over all orgs; those of a single org that has more are kept alone. */
const POLICIES_MAX = 200_000;
const ofStores = new WeakMap<Store['changes'], Kept>();

/**
 * The org's policies as an index, read again only when one has changed (in any process), by one for all who ask meanwhile.
 * A read may be shared by those whose generation it was begun for, and by those who came before it was begun: what it
 * answers is at least as new as what they have seen.
 */
export async function policyIndex(ctx: Context, generations: Generations): Promise<MatchIndex<RouterPolicy>> {
  const { store } = ctx.deps;
  const { orgId } = ctx.principal;
  const { cache, readings } = keptOf(store);
  const generation = generationOf(generations, routerPolicies.collection);
  for (let cameBefore = false; ; cameBefore = true) {
    const known = cache.get(orgId);
    if (known?.generation === generation) return known.index;
    const reading = readings.get(orgId);
    if (!reading) return answerBy(store.answersBy, read(store, orgId, generation));
    const index = await answerBy(store.answersBy, reading.index);
    if (index && (cameBefore || reading.generation === generation)) return index;
  }
}

/** Goes on for those who wait, even where whoever began it has no more time. */
function read(store: Store, orgId: string, generation: number): Promise<MatchIndex<RouterPolicy>> {
  const { cache, readings } = keptOf(store);
  const patient = store.until(Math.max(store.answersBy, afterMs(REQUEST_MS)));
  const answer = allDocs(patient, routerPolicies.collection, { orgId })
    .then((policies) => {
      const index = buildIndex(policies);
      cache.set(orgId, { generation, index });
      return index;
    })
    .finally(() => readings.delete(orgId));
  readings.set(orgId, { generation, index: answer.catch(() => null) });
  return answer;
}

function keptOf({ changes }: Store): Kept {
  const kept = ofStores.get(changes) ?? { cache: createCache(), readings: new Map() };
  ofStores.set(changes, kept);
  return kept;
}

function createCache(): LRUCache<string, Cached> {
  const sizeCalculation = ({ index }: Cached) => Math.min(index.ranked.length + 1, POLICIES_MAX);
  return new LRUCache<string, Cached>({ maxSize: POLICIES_MAX, sizeCalculation });
}
