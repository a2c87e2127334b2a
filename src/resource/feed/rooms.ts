import { afterMs, REQUEST_MS } from '../../store/deadline.ts';
import { fault } from '../../words/errors.ts';
import type { Deps, Principal } from '../context.ts';
import type { FeedEvent } from '../feed-event.ts';
import { createLoaders } from '../loaders.ts';
import { catchUp } from './catch-up.ts';
import { give, type Reader, type Reading } from './reader.ts';
import { type AskAgain, concerns, hasEnded, lossOf } from './rights.ts';
import { createTails, type Tail } from './tails.ts';

/** The readers of this process, those of one org in one room: one tail, one set of reads. */
export interface Rooms {
  /** Answers how to leave. */
  enter(reading: Reading): () => void;
}

interface Room {
  orgId: string;
  readers: Set<Reader>;
  tail: Promise<Tail>;
}

/** How often is looked for tokens that have come to their end. */
const EXPIRY_MS = 250;

export function createRooms(deps: Deps, askAgain: AskAgain): Rooms {
  const tails = createTails(deps);
  const rooms = new Map<string, Room>();
  let clock: NodeJS.Timeout | null = null;

  function open(orgId: string): Room {
    const room: Room = { orgId, readers: new Set(), tail: tails.follow(orgId, (events) => hear(room, events)) };
    rooms.set(orgId, room);
    clock ??= setInterval(endExpired, EXPIRY_MS).unref();
    return room;
  }

  function leave(room: Room, reader: Reader): void {
    reader.hasLeft = true;
    room.readers.delete(reader);
    if (room.readers.size > 0 || rooms.get(room.orgId) !== room) return;
    rooms.delete(room.orgId);
    room.tail.then(
      (tail) => tail.stop(),
      () => {},
    );
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
      const loss = lossOf(reader.principal, principal);
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

  async function hear(room: Room, events: readonly FeedEvent[]): Promise<void> {
    const concerned = [...room.readers].filter(({ principal }) => events.some((event) => concerns(event, principal)));
    if (concerned.length > 0) await checkRights(room, concerned);
    const live = [...room.readers].filter(({ isLive }) => isLive);
    const [first] = live;
    if (!first) return;
    // What is read for these events is read once for all.
    const store = deps.store.until(afterMs(REQUEST_MS));
    const shared = { deps: { ...deps, store }, loaders: createLoaders(store, first.principal) };
    await eachOf(room, live, (reader) => give(reader, events, shared));
  }

  /** What its caller may do was read before the room could hear of changes: so it is read again first. */
  async function join(room: Room, reader: Reader): Promise<void> {
    const tail = await room.tail;
    await checkRights(room, [reader]);
    await catchUp(deps, tail, reader);
  }

  return {
    enter(reading) {
      const { principal } = reading.ctx;
      const room = rooms.get(principal.orgId) ?? open(principal.orgId);
      const reader: Reader = { ...reading, principal, isLive: false, hasLeft: false };
      room.readers.add(reader);
      void eachOf(room, [reader], () => join(room, reader));
      return () => leave(room, reader);
    },
  };
}
