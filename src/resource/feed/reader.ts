import type { Context, Principal } from '../context.ts';
import type { FeedEvent } from '../feed-event.ts';
import { type EventFilter, passes } from './filter.ts';
import { seesEvent } from './sees.ts';

/** What takes a reader's events. */
export interface Sink {
  /** Shows an event with the rights of the context. */
  next(event: FeedEvent, ctx: Context): Promise<void>;
  /** No more will come, and why. */
  end(error: Error): void;
  /** Null where what was given has been taken, else a promise of that. */
  drained(): Promise<void> | null;
}

/** What a stream is asked for. */
export interface Reading {
  ctx: Context;
  /** What the caller has proved itself by. */
  authorization: string;
  filter: EventFilter;
  /** It begins behind it. */
  place: number;
  sink: Sink;
}

export interface Reader extends Reading {
  /** Who it is now. */
  principal: Principal;
  /** Whether it is given what comes; until then it reads what has been. */
  isLive: boolean;
  hasLeft: boolean;
}

/** Gives a reader what it asks for and may see of these events, each once, with the rights that it has now. */
export async function give(
  reader: Reader,
  events: readonly FeedEvent[],
  { deps, loaders }: Pick<Context, 'deps' | 'loaders'>,
): Promise<void> {
  for (const event of events) {
    if (reader.hasLeft) return;
    if (event.place <= reader.place) continue;
    const ctx: Context = { ...reader.ctx, deps, loaders, principal: reader.principal };
    if (passes(reader.filter, event) && (await seesEvent(ctx, event))) await reader.sink.next(event, ctx);
    reader.place = event.place;
  }
}
