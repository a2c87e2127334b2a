/** `node migrating.ts ENGINE PLACE KILL_AT`: a start that dies when so many documents have been changed. */
import { collections } from '../../src/catalog/collections.ts';
import { migrations } from '../../src/store/migrations/index.ts';
import type { Migration, StoredDocument } from '../../src/store/migrations/migration.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';

const [engine, place, killAt] = process.argv.slice(2) as [string, string, string];
let changed = 0;
function count(stored: StoredDocument): StoredDocument {
  changed += 1;
  if (changed === Number(killAt)) process.kill(process.pid, 'SIGKILL');
  return { ...stored, times: (Number(stored.times) || 0) + 1 };
}
const counting: Migration = { version: 3, documents: { roles: count, workspaces: count }, derived: [] };
const now = () => new Date().toISOString();
const options = { collections, now, migrations: [...migrations, counting] };
const pace = { batch: 10, leaseMs: 1_000 };
const store =
  engine === 'sqlite' ? openSqlite({ file: place, ...options }) : await openMongo({ uri: place, pace, ...options });
await store.close();
