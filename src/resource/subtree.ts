import { type AnyCollection, type Doc, type Tombstone, tombstones } from '../store/store.ts';
import { type Context, isoNow } from './context.ts';
import { firstVersion } from './new-doc.ts';
import { allNouns, type Noun } from './noun.ts';
import { taskChange } from './task.ts';
import type { Planned } from './write.ts';

/** The nouns whose documents lie below one of `noun`, each with its field that names it. */
function nounsBelow(noun: Noun<Doc>): { below: Noun<Doc>; field: string }[] {
  return allNouns().flatMap((below) =>
    (below.collection.ancestors ?? [])
      .filter((above) => above.in === noun.collection.name)
      .map(({ field }) => ({ below, field })),
  );
}

/** Everything that may lie below a document which is named by this field. */
export function collectionsBelow(field: string): AnyCollection[] {
  return allNouns()
    .map(({ collection }) => collection)
    .filter(({ ancestors }) => ancestors?.some((above) => above.field === field));
}

/** How many documents of each noun go with a document, parts of others not among them. */
export async function countBelow(ctx: Context, noun: Noun<Doc>, id: string): Promise<Record<string, number>> {
  const { orgId } = ctx.principal;
  const counted = nounsBelow(noun)
    .filter(({ below }) => !below.isPart)
    .map(async ({ below: { collection }, field }) => {
      const [count] = await ctx.deps.store.counts(collection, [{ orgId, where: [{ field, in: [id] }] }]);
      return [collection.name, count ?? 0] as const;
    });
  return Object.fromEntries(await Promise.all(counted));
}

/** Marks the subtree of a document that the same commit removes, and leaves its sweep to the runner. */
export function tombstone(ctx: Context, noun: Noun<Doc>, doc: Doc): Planned[] {
  const [first] = nounsBelow(noun);
  if (!first) return [];
  const mark: Tombstone = {
    ...firstVersion(doc, isoNow(ctx), null),
    field: first.field,
    sweptAt: null,
  };
  return [
    { change: { type: 'insert', in: tombstones, doc: mark } },
    { change: taskChange(ctx, 'sweep', doc.orgId, doc.id) },
  ];
}

type Made<D extends Doc> = (ctx: Context, doc: D) => Planned[];
const made = new Map<AnyCollection, Made<Doc>[]>();

/** What a noun has to say of a new document above it: what it plans is part of the commit that makes that. */
export function whenMade<D extends Doc>({ collection }: Noun<D>, plan: Made<D>): void {
  made.set(collection, [...(made.get(collection) ?? []), plan as Made<Doc>]);
}

export function madeWith<D extends Doc>(ctx: Context, { collection }: Noun<D>, doc: D): Planned[] {
  return (made.get(collection) ?? []).flatMap((plan) => plan(ctx, doc));
}

type Gone = (ctx: Context, field: string, id: string) => Promise<Planned[]>;
const gone: Gone[] = [];

/** The same of a document, named by its field in those below, that is deleted with all that lies in it. */
export function whenGone(plan: Gone): void {
  gone.push(plan);
}

export async function goneWith(ctx: Context, field: string, id: string): Promise<Planned[]> {
  return (await Promise.all(gone.map((plan) => plan(ctx, field, id)))).flat();
}
