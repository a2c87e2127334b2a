import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSession, Db, MongoClient } from 'mongodb';
import { type Deadline, msLeft } from '../deadline.ts';
import { StoreUnavailable, tombstones } from '../store.ts';
import type { Stored } from './documents.ts';
import { exchange, isAborted, isConflict, isTaken } from './errors.ts';
import type { Batch } from './writes.ts';

/** Somebody else wrote what this group rests on. */
export class Outdated extends StoreUnavailable {}

/** An id or a unique key that this group takes is not free. */
export class Taken extends Outdated {}

/** An exchange of one transaction. */
type Ask = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * All batches in one transaction, however small: only a transaction can be asked afterwards whether it has happened.
 * What is rejected has not been stored, unless it is a `StoreUnavailable` with `maybe`.
 */
export async function writeBatches(client: MongoClient, db: Db, batches: Batch[], deadline: Deadline): Promise<void> {
  if (batches.length === 0) return;
  const session = client.startSession();
  let last: Promise<unknown> | undefined;
  const ask: Ask = (call) =>
    exchange(deadline, () => {
      const pending = call();
      last = pending;
      return pending;
    });
  session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority', journal: true } });
  try {
    for (const batch of batches) await writeBatch(db, batch, session, ask);
    await commit(session, ask, deadline);
  } catch (error) {
    const isOpen = session.inTransaction();
    // Its locks go before anybody tries again.
    const isEnded = error instanceof Outdated && (!isOpen || (await hasEnded(ask(() => session.abortTransaction()))));
    if (!isEnded) void release(db, session, last);
    else void session.endSession().catch(() => {});
    throw error;
  }
  void session.endSession().catch(() => {});
}

async function hasEnded(ending: Promise<void>): Promise<boolean> {
  return ending.then(
    () => true,
    () => false,
  );
}

async function writeBatch(db: Db, batch: Batch, session: ClientSession, ask: Ask): Promise<void> {
  const why = `a document of ${batch.name} was not as read`;
  const { matchedCount, deletedCount } = await ask(() =>
    db.collection<Stored>(batch.name).bulkWrite(batch.operations, { session, ordered: true }),
  ).catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable && isConflict(error))) throw error;
    throw new (isTaken(error) ? Taken : Outdated)(why, { cause: error });
  });
  if (matchedCount !== batch.mustMatch || deletedCount !== batch.mustDelete) throw new Outdated(why);
}

/** Asks for the same commit until the server tells what became of it: however often it is asked, it happens once. */
async function commit(session: ClientSession, ask: Ask, deadline: Deadline): Promise<void> {
  let hasBegun = false;
  for (let pause = 5; ; pause *= 2)
    try {
      return await ask(() => {
        hasBegun = true;
        return session.commitTransaction();
      });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (isAborted(error.cause)) throw new Outdated('the transaction was aborted', { cause: error });
      if (msLeft(deadline) < pause)
        throw new StoreUnavailable('a commit may have happened', { maybe: hasBegun, cause: error });
      await sleep(pause);
    }
}

const RELEASE_MS = 60_000;

/**
 * A server keeps a transaction that nobody ended for a minute, and its locks. Another one that begins on the same session
 * ends it, whatever was lost on the way; nobody waits for that.
 */
async function release(db: Db, session: ClientSession, last: Promise<unknown> | undefined): Promise<void> {
  await Promise.allSettled([last]);
  for (let pause = 5; pause < RELEASE_MS; pause *= 2)
    try {
      if (session.inTransaction()) await session.abortTransaction();
      session.startTransaction();
      await db.collection<Stored>(tombstones.name).findOne({ _id: '' }, { session });
      await session.abortTransaction();
      break;
    } catch {
      await sleep(pause, undefined, { ref: false });
    }
  await session.endSession().catch(() => {});
}
