import { MongoClient } from 'mongodb';
import { complete } from '../complete.ts';
import { type Collection, type Doc, type Key, type Store, StoreUnavailable } from '../store.ts';
import { closed } from './close.ts';
import { keyOf, type Stored } from './documents.ts';
import { databaseOf } from './prepare.ts';

/** The database as it is at one moment, for reading: one transaction, which lasts as long as the server allows (a minute, by default). */
export async function openMongoSnapshot(uri: string): Promise<Pick<Store, 'scan' | 'close'>> {
  const client = await new MongoClient(uri, { readPreference: 'primary' }).connect();
  const db = databaseOf(client);
  const session = client.startSession();
  session.startTransaction({ readConcern: { level: 'snapshot' } });
  return {
    async scan<D extends Doc>(from: Collection<D>, after: Key | null, limit: number): Promise<D[]> {
      const filter = after ? { _id: { $gt: keyOf(after) } } : {};
      const found = await db
        .collection<Stored<D>>(from.name)
        .find(filter as never, { sort: { _id: 1 }, limit, session })
        .toArray()
        .catch((error: unknown) => {
          throw new StoreUnavailable('the moment that is read has ended (transactionLifetimeLimitSeconds)', {
            cause: error,
          });
        });
      return found.map(({ doc }) => complete(from, doc as D));
    },
    async close() {
      await closed(session.endSession().then(() => client.close()));
    },
  };
}
