import { MongoClient } from 'mongodb';
import type { AnyCollection } from '../store.ts';
import { closed } from './close.ts';
import { databaseOf } from './prepare.ts';

/** About how many documents a database holds, as its server has counted. */
export async function countMongo(uri: string, collections: readonly AnyCollection[]): Promise<number> {
  const client = new MongoClient(uri);
  try {
    const db = databaseOf(client);
    const counts = await Promise.all(collections.map(({ name }) => db.collection(name).estimatedDocumentCount()));
    return counts.reduce((sum, n) => sum + n, 0);
  } finally {
    await closed(client.close());
  }
}
