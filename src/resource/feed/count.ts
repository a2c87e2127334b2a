import { everyDoc } from '../../store/every.ts';
import type { Clause, Query } from '../../store/store.ts';
import type { Context } from '../context.ts';
import { feedEvents, KEPT_MS } from '../feed-event.ts';
import { canSee, may } from '../noun.ts';
import { type EventFilter, whereOf } from './filter.ts';
import { hidingNouns, namespaceNoun, seesEvent } from './sees.ts';

/** How many events the filters match that the caller may see: all that are kept, but those of namespaces that are hidden. */
export async function countEvents(ctx: Context, filter: EventFilter): Promise<number> {
  const { orgId, workspaceIds } = ctx.principal;
  const oldest = new Date(ctx.deps.now() - KEPT_MS).toISOString();
  const where: Clause[] = [
    ...whereOf(filter),
    { field: 'createdAt', from: oldest },
    ...(workspaceIds ? [{ field: 'workspaceId', in: workspaceIds }] : []),
  ];
  const hidden = await hiddenNamespaces(ctx);
  const of = (more: Clause[]) => ({ orgId, where: [...where, ...more] });
  const queries = [of([]), ...(hidden.length > 0 ? [of([{ field: 'namespaceId', in: hidden }])] : [])];
  const [all = 0, unseen = 0] = await ctx.deps.store.counts(feedEvents.collection, queries);
  if (may(ctx.principal, 'namespaces:manage')) return all - unseen;
  const ofOthers = [
    { field: 'namespaceId', in: [null] },
    { field: 'resourceType', in: hidingNouns().map(({ resource }) => resource) },
  ];
  const gone = await countUnseenOfGone(ctx, of([{ field: 'privateTo', from: '' }]));
  return all - unseen - gone - (await countUnseen(ctx, of(ofOthers)));
}

/** Of namespaces that are gone, whose events say whom they were private to. */
async function countUnseenOfGone(ctx: Context, query: Query): Promise<number> {
  const { store } = ctx.deps;
  let unseen = 0;
  for await (const event of everyDoc(store, feedEvents.collection, query)) {
    if (event.namespaceId === null) continue;
    const isGone = (await ctx.loaders.get(namespaceNoun().collection, event.namespaceId)) === null;
    if (isGone && !(await seesEvent(ctx, event))) unseen += 1;
  }
  return unseen;
}

/** Of jobs and the like, which are hidden with their namespaces, and told of by few. */
async function countUnseen(ctx: Context, query: Query): Promise<number> {
  let unseen = 0;
  for await (const event of everyDoc(ctx.deps.store, feedEvents.collection, query))
    if (!(await seesEvent(ctx, event))) unseen += 1;
  return unseen;
}

async function hiddenNamespaces(ctx: Context): Promise<string[]> {
  const noun = namespaceNoun();
  const query = { orgId: ctx.principal.orgId, where: [{ field: 'isPrivate', in: [true] }] };
  const hidden: string[] = [];
  if (noun.hides && noun.hides.where(ctx.principal).length > 0)
    for await (const doc of everyDoc(ctx.deps.store, noun.collection, query))
      if (!canSee(ctx.principal, noun, doc)) hidden.push(doc.id);
  return hidden;
}
