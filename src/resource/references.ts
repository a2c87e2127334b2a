import type { Doc } from '../store/store.ts';
import { type ConflictReason, conflict } from '../words/errors.ts';
import type { Context } from './context.ts';
import { allNouns, idShown, type Noun } from './noun.ts';
import type { Planned } from './write.ts';

/** How a document is found by what it refers to. */
export function referenceTo({ type, referredAs }: Noun<Doc>, id: string): string {
  if (referredAs === undefined) throw new Error(`nothing refers to a ${type}`);
  return `${referredAs}:${id}`;
}

/** Conditions: no document of any noun refers to it; otherwise CONFLICT with the id of one that does, where the caller may see it. */
export function unreferenced(ctx: Context, noun: Noun<Doc>, id: string, reason: ConflictReason): Planned[] {
  const { orgId } = ctx.principal;
  const ref = referenceTo(noun, id);
  return allNouns()
    .filter(({ collection }) => collection.refs?.some(({ to }) => to === noun.referredAs))
    .map((by) => ({
      change: { type: 'none', in: by.collection, query: { orgId, ref } },
      otherwise: async (failed) => {
        const user = await ctx.deps.store.get(by.collection, { orgId, id: String(failed.detail) });
        return conflict(noun.resource, { reason, conflictingId: idShown(ctx.principal, by, user) });
      },
    }));
}
