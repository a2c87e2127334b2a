import { afterMs, REQUEST_MS } from '../../store/deadline.ts';
import type { AnyCollection, Collection } from '../../store/store.ts';
import { fault } from '../../words/errors.ts';
import type { Deps, Principal } from '../context.ts';
import { type FeedEvent, feedEvents } from '../feed-event.ts';
import { createLoaders } from '../loaders.ts';
import { catchUp } from './catch-up.ts';
import { give, type Reader, type Reading, wholeFor } from './reader.ts';
import { type AskAgain, concerns, hasEnded, lossOf } from './rights.ts';
import { createTails, type Tail, type Tails } from './tails.ts';
import type { Numbered, Topic } from './topic.ts';

/** The readers of this process, those of one org in one room: one tail of each collection, one set of reads. */
export interface Rooms {
  /** Answers how to leave. */
  enter<D extends Numbered>(reading: Reading<D>): () => void;
}

interface Room {
  orgId: string;
  readers: Set<Reader>;
  /** By the names of the collections that are followed here: the feed always is, since it tells of changed rights. */
  tails: Map<string, Promise<Tail>>;
}

/** How often is looked for tokens that have come to their end. */
const EXPIRY_MS = 250;

export function createRooms(deps: Deps, askAgain: AskAgain): Rooms {
  const feed = feedEvents.collection;
  const followed = new Map<string, Tails<Numbered>>();
  const rooms = new Map<string, Room>();
  let clock: NodeJS.Timeout | null = null;

  function open(orgId: string): Room {
    const room: Room = { orgId, readers: new Set(), tails: new Map() };
    const heed = async (events: readonly FeedEvent[]) => {
      await checkConcerned(room, events);
      await hear(room, feed, events);
    };
    room.tails.set(feed.name, tailsOf(feed).follow(orgId, heed));
    rooms.set(orgId, room);
    clock ??= setInterval(endExpired, EXPIRY_MS).unref();
    return room;
  }

  function tailsOf<D extends Numbered>(collection: Collection<D>): Tails<D> {
    const tails = (followed.get(collection.name) as Tails<D> | undefined) ?? createTails(deps, collection);
    followed.set(collection.name, tails as Tails<Numbered>);
    return tails;
  }

  function tailFor(room: Room, { collection }: Topic<Numbered>): Promise<Tail> {
    const tail =
      room.tails.get(collection.name) ?? tailsOf(collection).follow(room.orgId, (docs) => hear(room, collection, docs));
    room.tails.set(collection.name, tail);
    return tail;
  }

  function stop(room: Room, name: string): void {
    const tail = room.tails.get(name);
    room.tails.delete(name);
    tail?.then(
      (one) => one.stop(),
      () => {},
    );
  }

  function leave(room: Room, reader: Reader): void {
    reader.hasLeft = true;
    room.readers.delete(reader);
    const { name } = reader.topic.collection;
    const isRead = [...room.readers].some(({ topic }) => topic.collection.name === name);
    if (!isRead && name !== feed.name) stop(room, name);
    if (room.readers.size > 0 || rooms.get(room.orgId) !== room) return;
    rooms.delete(room.orgId);
    stop(room, feed.name);
    if (rooms.size > 0 || clock === null) return;
    clearInterval(clock);
    clock = null;
  }

  function end(room: Room, reader: Reader, error: Error): void {
    if (reader.hasLeft) return;
    leave(room, reader);
    reader.sink.end(error);
  }

  function endExpired(): void {
    const now = deps.now();
    for (const room of rooms.values())
      for (const reader of room.readers)
        if (hasEnded(reader.principal, now)) end(room, reader, fault('AUTHENTICATION_FAILED'));
  }

  /** Ends those that may do less than before. Who has proved itself by the same is asked for once. */
  async function checkRights(room: Room, readers: readonly Reader[]): Promise<void> {
    const asked = new Map<string, Promise<Principal | null>>();
    await eachOf(room, readers, async (reader) => {
      const again = asked.get(reader.authorization) ?? askAgain(reader.authorization);
      asked.set(reader.authorization, again);
      const principal = await again;
      const loss = lossOf(reader.principal, principal, reader.topic.permission);
      if (loss) end(room, reader, loss);
      else if (principal) reader.principal = principal;
    });
  }

  /** Never fails: a reader for whom something does has its stream end, and goes on behind what it was given. */
  async function eachOf(room: Room, readers: readonly Reader[], work: (reader: Reader) => Promise<void>) {
    await Promise.all(
      readers.map((reader) => work(reader).catch((error: unknown) => end(room, reader, error as Error))),
    );
  }

  async function checkConcerned(room: Room, events: readonly FeedEvent[]): Promise<void> {
    const concerned = [...room.readers].filter(({ principal }) => events.some((event) => concerns(event, principal)));
    if (concerned.length > 0) await checkRights(room, concerned);
  }

  async function hear(room: Room, { name }: AnyCollection, docs: readonly Numbered[]): Promise<void> {
    const live = [...room.readers].filter(({ isLive, topic }) => isLive && topic.collection.name === name);
    const [first] = live;
    if (!first) return;
    // What is read for these is read once for all.
    const store = deps.store.until(afterMs(REQUEST_MS));
    const shared = { deps: { ...deps, store }, loaders: createLoaders(store, first.principal) };
    await eachOf(room, live, async (reader) => give(reader, await wholeFor(reader, docs, shared), shared));
  }

  /** What its caller may do was read before the room could hear of changes: so it is read again first. */
  async function join(room: Room, reader: Reader): Promise<void> {
    const [tail] = await Promise.all([tailFor(room, reader.topic), room.tails.get(feed.name)]);
    await checkRights(room, [reader]);
    await catchUp(deps, tail, reader);
  }

  return {
    enter(reading) {
      const { principal } = reading.ctx;
      const room = rooms.get(principal.orgId) ?? open(principal.orgId);
      const reader = { ...reading, principal, isLive: false, hasLeft: false } as Reader;
      room.readers.add(reader);
      void eachOf(room, [reader], () => join(room, reader));
      return () => leave(room, reader);
    },
  };
}
