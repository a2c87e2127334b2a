import { afterMs, REQUEST_MS } from '../../store/deadline.ts';
import { pace } from '../../words/pace.ts';
import type { Context, Deps } from '../context.ts';
import { createLoaders } from '../loaders.ts';
import { give, type Reader, wholeFor } from './reader.ts';
import type { Tail } from './tails.ts';

const READ_AT_ONCE = 50;
/** A read looks through so many places: where little of what lies there is asked for, a long way is gone in short steps. */
const PLACES_AT_ONCE = 5_000;

/** Gives what has been, no faster than it is taken, until nothing lies between it and what the tail tells next. */
export async function catchUp(deps: Deps, tail: Tail, reader: Reader): Promise<void> {
  while (!reader.hasLeft && reader.place < tail.place) await giveNext(deps, tail.place, reader);
  reader.isLive = true;
}

async function giveNext(deps: Deps, end: number, reader: Reader): Promise<void> {
  let asked = ask(deps, reader);
  const until = Math.min(end, reader.place + PLACES_AT_ONCE);
  const docs = await asked.deps.store.numbered(reader.topic.collection, {
    orgId: reader.principal.orgId,
    where: reader.topic.where,
    after: reader.place,
    before: until + 1,
    order: 'asc',
    limit: READ_AT_ONCE,
  });
  for (const doc of await wholeFor(reader, docs, asked)) {
    await give(reader, [doc], asked);
    const waits = reader.sink.drained();
    if (!waits) continue;
    await waits;
    // What was read before may be as old as the reader is slow.
    asked = ask(deps, reader);
  }
  if (docs.length < READ_AT_ONCE) reader.place = until;
  if (pace.isUp()) await pace.later();
}

function ask(deps: Deps, { principal }: Reader): Pick<Context, 'deps' | 'loaders'> {
  const store = deps.store.until(afterMs(REQUEST_MS));
  return { deps: { ...deps, store }, loaders: createLoaders(store, principal) };
}
