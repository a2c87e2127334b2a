import { MongoClient } from 'mongodb';
import { REQUEST_MS } from '../deadline.ts';
import { StoreRefused } from '../store.ts';
import { type MongoOptions, MongoStore } from './engine.ts';

/** Connects, checks that the server can do transactions, and makes the indexes before anything is served. */
export async function openMongo(options: MongoOptions): Promise<MongoStore> {
  const client = new MongoClient(options.uri, {
    ...(/[?&]appName=/i.test(options.uri) ? {} : { appName: 'switchyard' }),
    // A monitor that waits for news of the server cannot be asked anew: what has recovered would stay unknown for seconds.
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 2_000,
    minHeartbeatFrequencyMS: 100,
    serverSelectionTimeoutMS: 3_000,
    connectTimeoutMS: 3_000,
    // What nobody waits for any more lets go of its connection.
    socketTimeoutMS: REQUEST_MS,
    waitQueueTimeoutMS: 2_000,
    maxPoolSize: 50,
    retryWrites: true,
    retryReads: true,
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    ignoreUndefined: true,
  });
  try {
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    if (!hello.setName && hello.msg !== 'isdbgrid')
      throw new StoreRefused(
        'MONGODB_URI: the server cannot do transactions; run it as a replica set (one node is enough) or a sharded cluster',
      );
    const store = new MongoStore(client, options);
    await store.createIndexes();
    store.listen();
    return store;
  } catch (error) {
    await client.close();
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(
      'MONGODB_URI: the server cannot be reached; check the address, the credentials and that it runs',
      { cause: error },
    );
  }
}
