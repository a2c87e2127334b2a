import { DatabaseSync } from 'node:sqlite';
import { collections } from '../../catalog/collections.ts';
import { openSqlite } from '../../store/sqlite/engine.ts';
import type { Store } from '../../store/store.ts';
import type { Config } from '../setup/config.ts';
import { countOf } from '../setup/count.ts';
import { databaseFile } from '../setup/deps.ts';

/** A store as it is at one moment, for reading, whatever is written meanwhile. */
export interface Moment extends Pick<Store, 'scan' | 'close'> {
  /** About how many documents there are. */
  estimate(): Promise<number>;
}

/** SQLite is copied aside by one read of it; MongoDB keeps the moment for as long as it is read, within its limits. */
export async function openMoment(config: Pick<Config, 'DATA_DIR' | 'MONGODB_URI'>, aside: string): Promise<Moment> {
  if (config.MONGODB_URI !== undefined) {
    const uri = config.MONGODB_URI;
    const { openMongoSnapshot } = await import('../../store/mongodb/snapshot.ts');
    return { ...(await openMongoSnapshot(uri)), estimate: () => countOf({ uri }) };
  }
  const db = new DatabaseSync(databaseFile(config.DATA_DIR), { timeout: 5_000 });
  try {
    db.prepare('VACUUM INTO ?').run(aside);
  } finally {
    db.close();
  }
  const copy = openSqlite({ file: aside, collections, now: () => new Date().toISOString() });
  return {
    scan: (from, after, limit) => copy.scan(from, after, limit),
    estimate: () => countOf({ file: aside }),
    close: () => copy.close(),
  };
}
