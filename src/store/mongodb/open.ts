import { MongoClient, type MongoClientOptions } from 'mongodb';
import { REQUEST_MS } from '../deadline.ts';
import { migrations as all } from '../migrations/index.ts';
import { StoreRefused } from '../store.ts';
import { closed } from './close.ts';
import { type MongoOptions, MongoStore } from './engine.ts';
import { isUnreached } from './errors.ts';
import { databaseOf, prepare } from './prepare.ts';

const CONNECTION = {
  // A monitor that waits for news of the server cannot be asked anew: what has recovered would stay unknown for seconds.
  serverMonitoringMode: 'poll',
  heartbeatFrequencyMS: 2_000,
  minHeartbeatFrequencyMS: 100,
  serverSelectionTimeoutMS: 3_000,
  connectTimeoutMS: 3_000,
  maxPoolSize: 50,
  retryWrites: true,
  retryReads: true,
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  ignoreUndefined: true,
} as const satisfies MongoClientOptions;

/** What nobody waits for any more lets go of its connection, and of its place in the queue for one. */
function limits(patienceMs: number): MongoClientOptions {
  return { socketTimeoutMS: patienceMs, waitQueueTimeoutMS: 0.4 * patienceMs };
}

/** Connects, checks that the server can do transactions, and makes the indexes before anything is served. */
export async function openMongo(options: MongoOptions): Promise<MongoStore> {
  const client = clientOf(options.uri, {
    ...(/[?&]appName=/i.test(options.uri) ? {} : { appName: 'switchyard' }),
    ...CONNECTION,
    ...limits(options.patienceMs ?? REQUEST_MS),
  });
  try {
    await client.connect();
    const hello = await client.db('admin').command({ hello: 1 });
    const isSharded = hello.msg === 'isdbgrid';
    if (!hello.setName && !isSharded)
      throw new StoreRefused(
        'MONGODB_URI: the server cannot do transactions; run it as a replica set (one node is enough) or a sharded cluster',
      );
    const store = new MongoStore(client, { ...options, isSharded }, await bringUp(options));
    store.listen();
    return store;
  } catch (error) {
    await closed(client.close());
    if (error instanceof StoreRefused) throw error;
    throw new StoreRefused(
      'MONGODB_URI: the server cannot be reached; check the address, the credentials and that it runs',
      { cause: error },
    );
  }
}

/** The driver refuses an address that it cannot read before it connects; its words may repeat a password. */
function clientOf(uri: string, options: MongoClientOptions): MongoClient {
  try {
    return new MongoClient(uri, options);
  } catch (error) {
    const why = uri.includes('@')
      ? 'the driver cannot read the address; check its hosts and options, and that letters such as @ : / in the password are percent-encoded'
      : (error as Error).message;
    throw new StoreRefused(`MONGODB_URI: ${why}`, { cause: error });
  }
}

/** Host and database, as the driver reads them; credentials and options are left out. Nothing is connected. */
export function placeOfMongo(uri: string): string {
  const client = clientOf(uri, {});
  const { hosts, srvHost } = client.options;
  return `MongoDB at ${srvHost ?? hosts.join(',')}, database ${databaseOf(client).databaseName}`;
}

/** By a connection of its own: what is made at a start may take as long as it takes. */
async function bringUp({ uri, collections, migrations = all, tell = () => {}, pace }: MongoOptions) {
  const client = clientOf(uri, { ...CONNECTION, socketTimeoutMS: 0, maxPoolSize: 2 });
  try {
    return await prepare(client, databaseOf(client), { collections, migrations, tell, pace });
  } catch (error) {
    if (error instanceof StoreRefused || isUnreached(error)) throw error;
    const why = (error as Error).message;
    throw new StoreRefused(`MONGODB_URI: the data cannot be brought up to date: ${why}`, { cause: error });
  } finally {
    await closed(client.close());
  }
}
