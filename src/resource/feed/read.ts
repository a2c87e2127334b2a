import { all, type NumberedQuery } from '../../store/store.ts';
import { type Issue, valueError } from '../../words/errors.ts';
import { timeOfId } from '../../words/ids.ts';
import { pace } from '../../words/pace.ts';
import type { Context } from '../context.ts';
import { type FeedEvent, feedEvents, KEPT_MS } from '../feed-event.ts';
import { withChanges } from './changes.ts';
import { type EventFilter, whereOf } from './filter.ts';
import { seesEvent } from './sees.ts';

const { collection } = feedEvents;
const READ_AT_ONCE = 200;
const PLACES_AT_ONCE = 5_000;

/** The place behind which an event id lets a reader go on; an issue where nobody can tell any more what followed. */
export async function placeOf(ctx: Context, eventId: string, loc: string[] = ['after']): Promise<number | Issue> {
  const oldest = ctx.deps.now() - KEPT_MS;
  const refused = (message: string) => valueError(loc, message, eventId);
  const event = await ctx.deps.store.get(collection, { orgId: ctx.principal.orgId, id: eventId });
  const time = event ? Date.parse(event.createdAt) : (timeOfId('evt_', eventId) ?? timeOfId('rev_', eventId));
  if (time !== null && time < oldest) return refused('events are kept for 7 days, and this one is older');
  if (!event) return refused('it is the id of no event of this organization');
  return event.place;
}

/** Behind it lies what is committed from now on. */
export async function placeNow({ deps, principal }: Context): Promise<number> {
  const [last = 0] = await deps.store.lastNumbers(collection, [principal.orgId]);
  return last;
}

export interface EventPage {
  events: FeedEvent[];
  /** Whether more events follow the page. */
  more: boolean;
}

/** The events behind a place, oldest first; without one the newest, the oldest of them first. */
export async function readEvents(
  ctx: Context,
  filter: EventFilter,
  { after, limit }: { after: number | null; limit: number },
): Promise<EventPage> {
  const { orgId, workspaceIds } = ctx.principal;
  const range: NumberedQuery = {
    orgId,
    where: [...whereOf(filter), ...(workspaceIds ? [{ field: 'workspaceId', in: workspaceIds }] : [])],
    after: after ?? (await placeBeforeFirst(ctx)),
    before: (await placeNow(ctx)) + 1,
    order: after === null ? 'desc' : 'asc',
    limit: READ_AT_ONCE,
  };
  const wanted = after === null ? limit : limit + 1;
  const found: FeedEvent[] = [];
  for await (const event of seen(ctx, range)) if (found.push(event) === wanted) break;
  const shown = after === null ? found.reverse() : found.slice(0, limit);
  return { events: await all(shown.map((event) => withChanges(ctx, event))), more: found.length > limit };
}

/** What lay before it is kept no longer. */
async function placeBeforeFirst({ deps, principal: { orgId } }: Context): Promise<number> {
  const all = { orgId, after: 0, before: Number.MAX_SAFE_INTEGER } as const;
  const [first] = await deps.store.numbered(collection, { ...all, order: 'asc', limit: 1 });
  return first ? first.place - 1 : 0;
}

/** What of a range the caller may see, read part by part. */
async function* seen(ctx: Context, range: NumberedQuery): AsyncGenerator<FeedEvent> {
  const oldest = new Date(ctx.deps.now() - KEPT_MS).toISOString();
  for (let rest = range; rest.before - rest.after > 1; ) {
    const query = stepInto(rest);
    const events = await ctx.deps.store.numbered(collection, query);
    const visible = await Promise.all(events.map((event) => event.createdAt >= oldest && seesEvent(ctx, event)));
    yield* events.filter((_, at) => visible[at]);
    const last = events.length < query.limit ? undefined : events.at(-1);
    if (rest.order === 'asc') rest = { ...rest, after: last?.place ?? query.before - 1 };
    else rest = { ...rest, before: last?.place ?? query.after + 1 };
    if (pace.isUp()) await pace.later();
  }
}

/** So many of its places that a read is short, however little of what lies there is asked for. */
function stepInto(rest: NumberedQuery): NumberedQuery {
  if (rest.order === 'asc') return { ...rest, before: Math.min(rest.before, rest.after + PLACES_AT_ONCE + 1) };
  return { ...rest, after: Math.max(rest.after, rest.before - PLACES_AT_ONCE - 1) };
}
