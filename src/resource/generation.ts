import { apply, defineRule } from '../store/rule.ts';
import type { AnyCollection, Change, Collection, Doc } from '../store/store.ts';
import type { Context } from './context.ts';

/**
 * Counts the commits that changed an org's documents of one kept collection, so that every process knows when what it
 * keeps of them is old; its id is the collection's name.
 */
export interface Generation extends Doc {
  count: number;
}
export const generations: Collection<Generation> = { name: 'generations', first: { count: 0 } };

export const bump = defineRule(generations, (generation, _: null) => ({
  next: { count: (generation?.count ?? 0) + 1 },
}));

/** What a commit owes to those who keep the documents that it changes: one count further for each collection. */
export function bumpsOf(changes: readonly Change[]): Change[] {
  const keys = new Map<string, { orgId: string; id: string }>();
  for (const change of changes) {
    if (!change.in.kept || !['insert', 'put', 'remove'].includes(change.type)) continue;
    const { orgId } = 'doc' in change ? change.doc : (change as Extract<Change, { type: 'remove' }>).key;
    keys.set(`${orgId} ${change.in.name}`, { orgId, id: change.in.name });
  }
  return [...keys.values()].map((key) => apply(bump, key, null));
}

/** How far an org's kept collections have been counted at one moment, by their names. */
export type Generations = ReadonlyMap<string, number>;

/** One read, however many the collections. What is read after it is at least as new as it says. */
export async function generationsNow(ctx: Context, kept: readonly AnyCollection[]): Promise<Generations> {
  const { orgId } = ctx.principal;
  const docs = await ctx.deps.store.getMany(
    generations,
    kept.map(({ name }) => ({ orgId, id: name })),
  );
  return new Map(kept.map(({ name }, at) => [name, docs[at]?.version ?? 0]));
}
