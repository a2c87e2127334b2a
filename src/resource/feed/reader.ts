import { all, type MaybePromise } from '../../store/store.ts';
import type { Context, Principal } from '../context.ts';
import type { Numbered, Topic } from './topic.ts';

/** What takes what a reader is given. */
export interface Sink<D extends Numbered> {
  /** Shows a document with the rights of the context. */
  next(doc: D, ctx: Context): Promise<void>;
  /** No more will come, and why. */
  end(error: Error): void;
  /** Null where what was given has been taken, else a promise of that. */
  drained(): Promise<void> | null;
}

/** What a stream is asked for. */
export interface Reading<D extends Numbered> {
  ctx: Context;
  /** What the caller has proved itself by. */
  authorization: string;
  topic: Topic<D>;
  /** It begins behind it. */
  place: number;
  sink: Sink<D>;
}

export interface Reader<D extends Numbered = Numbered> extends Reading<D> {
  /** Who it is now. */
  principal: Principal;
  /** Whether it is given what comes; until then it reads what has been. */
  isLive: boolean;
  hasLeft: boolean;
}

/** The same documents; what the reader asks for is whole. */
export function wholeFor(
  { topic, principal }: Reader,
  docs: readonly Numbered[],
  { loaders }: Pick<Context, 'loaders'>,
): MaybePromise<readonly Numbered[]> {
  return all(docs.map((doc) => (topic.passes(doc) && topic.whole?.({ loaders, principal }, doc)) || doc));
}

/** Gives a reader what it asks for and may see of these documents, each once, with the rights that it has now. */
export async function give(
  reader: Reader,
  docs: readonly Numbered[],
  { deps, loaders }: Pick<Context, 'deps' | 'loaders'>,
): Promise<void> {
  const { topic, sink } = reader;
  for (const doc of docs) {
    if (reader.hasLeft) return;
    if (doc.place <= reader.place) continue;
    const ctx: Context = { ...reader.ctx, deps, loaders, principal: reader.principal };
    if (topic.passes(doc) && (await topic.sees(ctx, doc))) await sink.next(doc, ctx);
    reader.place = doc.place;
  }
}
