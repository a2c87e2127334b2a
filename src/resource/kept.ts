import { LRUCache } from 'lru-cache';
import type { AnyCollection, Collection, Doc, Store } from '../store/store.ts';
import { paired } from '../words/paired.ts';
import type { Context } from './context.ts';
import type { Generations } from './generation.ts';

/** A document, or that there is none, as it was in one generation of its collection. */
interface Kept {
  generation: number;
  doc: Doc | null;
}

/** Documents that this process keeps, over all orgs and collections. */
const KEPT_MAX = 20_000;
const memories = new WeakMap<Store['changes'], LRUCache<string, Kept>>();

/** Documents of a kept collection by their ids: those that are not in memory, or of another generation, are read together. */
export function keptByIds<D extends Doc>(
  ctx: Context,
  generations: Generations,
  from: Collection<D>,
  ids: Iterable<string>,
): Promise<Map<string, D>> {
  const { orgId } = ctx.principal;
  return kept(ctx, generations, from, ids, (missing) =>
    ctx.deps.store.getMany(
      from,
      missing.map((id) => ({ orgId, id })),
    ),
  );
}

/** The same by their unique keys. */
export function keptByUniques<D extends Doc>(
  ctx: Context,
  generations: Generations,
  from: Collection<D>,
  uniques: Iterable<string>,
): Promise<Map<string, D>> {
  const { orgId } = ctx.principal;
  return kept(ctx, generations, from, uniques, (missing) =>
    Promise.all(missing.map((unique) => ctx.deps.store.getUnique(from, orgId, unique))),
  );
}

async function kept<D extends Doc>(
  ctx: Context,
  generations: Generations,
  from: Collection<D>,
  keys: Iterable<string>,
  read: (missing: string[]) => (D | null)[] | Promise<(D | null)[]>,
): Promise<Map<string, D>> {
  const memory = memoryOf(ctx.deps.store);
  const generation = generationOf(generations, from);
  const found = new Map<string, D>();
  const missing: string[] = [];
  const place = (key: string) => `${from.name} ${ctx.principal.orgId} ${key}`;
  for (const key of new Set(keys)) {
    const known = memory.get(place(key));
    if (known?.generation !== generation) missing.push(key);
    else if (known.doc) found.set(key, known.doc as D);
  }
  if (missing.length === 0) return found;
  for (const [key, doc] of paired(missing, await read(missing))) {
    memory.set(place(key), { generation, doc });
    if (doc) found.set(key, doc);
  }
  return found;
}

export function generationOf(generations: Generations, { name }: AnyCollection): number {
  const generation = generations.get(name);
  if (generation === undefined) throw new Error(`the generation of ${name} was not read`);
  return generation;
}

function memoryOf({ changes }: Store): LRUCache<string, Kept> {
  const memory = memories.get(changes) ?? new LRUCache<string, Kept>({ max: KEPT_MAX });
  memories.set(changes, memory);
  return memory;
}
