import { type Webhook, webhooks } from '../../../nouns/webhooks/model.ts';
import type { Context, Deps } from '../../../resource/context.ts';
import { withChanges } from '../../../resource/feed/changes.ts';
import { readEvents } from '../../../resource/feed/read.ts';
import { seesEvent } from '../../../resource/feed/sees.ts';
import { type FeedEvent, feedEvents, KEPT_MS } from '../../../resource/feed-event.ts';
import { contextAs } from '../../setup/system.ts';

/** A webhook as a reader of the feed: with the rights of whoever set its url, over what is stored now. */
export function readerOf(deps: Deps, { id, orgId, readsAs, permissions, workspaceIds }: Webhook): Context {
  return contextAs(deps, { orgId, actorId: readsAs, tokenId: id, permissions, workspaceIds });
}

export interface Ahead {
  events: FeedEvent[];
  /** How far the feed is looked through, once all of them are dealt with. */
  upTo: number;
}

/** What a webhook has to tell next, in the order of the feed. */
export async function eventsAhead(ctx: Context, { types }: Webhook, after: number, limit: number): Promise<Ahead> {
  const [last = 0] = await ctx.deps.store.lastNumbers(feedEvents.collection, [ctx.principal.orgId]);
  if (last <= after) return { events: [], upTo: after };
  const { events, more } = await readEvents(ctx, { types }, { after, limit });
  const told = events.at(-1)?.place ?? after;
  return { events, upTo: more ? told : Math.max(last, told) };
}

/** An event that was tried before, if it may still be told. */
export async function eventAgain(ctx: Context, eventId: string): Promise<FeedEvent | null> {
  const event = await ctx.deps.store.get(feedEvents.collection, { orgId: ctx.principal.orgId, id: eventId });
  const isKept = event !== null && Date.parse(event.createdAt) >= ctx.deps.now() - KEPT_MS;
  return isKept && (await seesEvent(ctx, event)) ? withChanges(ctx, event) : null;
}

export function webhookOf(deps: Deps, orgId: string, id: string) {
  return deps.store.get(webhooks.collection, { orgId, id });
}
