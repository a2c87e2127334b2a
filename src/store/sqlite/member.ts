import type { DatabaseSync } from 'node:sqlite';
import type { Bell } from '../bell.ts';
import type { Evaluated } from '../evaluate.ts';
import type { Change } from '../store.ts';
import { isSqlite } from './errors.ts';
import type { Waiting } from './waiting.ts';

/** One member of a group under a savepoint of its own; answers how to settle it once the group is on disk. */
export function runMember(
  db: DatabaseSync,
  { changes, resolve, reject }: Waiting,
  evaluate: (changes: readonly Change[]) => Evaluated,
  numbers: Bell,
): () => void {
  db.exec('SAVEPOINT member');
  try {
    const { results, numberedOrgs } = evaluate(changes);
    db.exec('RELEASE member');
    return () => {
      resolve({ results });
      numbers.ring(numberedOrgs);
    };
  } catch (error) {
    if (!db.isTransaction) throw error;
    db.exec('ROLLBACK TO member; RELEASE member');
    if (!isSqlite(error)) return () => reject(error);
    throw error;
  }
}
