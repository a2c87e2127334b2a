import { MongoClient } from 'mongodb';
import { required } from './required.ts';
import { SHARDED } from './store/shard-keys.ts';

/** Where the collections of a test's database are cut: what tests call `org_2` to `org_9` lies on the other shard. */
const CUT = { orgId: 'org_2' };

/** Shards a database as docs/mongodb.md says, over both shards of a cluster. */
export async function shard(uri: string): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    const admin = client.db('admin');
    const { databaseName } = client.db();
    const { shards } = await admin.command({ listShards: 1 });
    const { primary } = required(
      await client
        .db('config')
        .collection('databases')
        .findOne({ _id: databaseName as never }),
    );
    const other = shards.find(({ _id }: { _id: string }) => _id !== primary)._id;
    for (const name of SHARDED) {
      const place = `${databaseName}.${name}`;
      await admin.command({ shardCollection: place, key: { orgId: 1 } });
      await admin.command({ split: place, middle: CUT });
      await admin.command({ moveChunk: place, find: CUT, to: other });
    }
  } finally {
    await client.close();
  }
}
