import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreRefused } from '../store.ts';
import { isShut } from './errors.ts';

/**
 * Opens a file to read it beside whoever writes it. SQLite makes files of its own for that: where the folder takes none
 * (a read-only mount, a folder of another user's), the file is read as it lies there.
 */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  if (!isShutFor(db)) return db;
  db.close();
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new StoreRefused(
      `${file} cannot be read together with its log, ${file}-wal, in a folder that cannot be written to; read a copy of both`,
    );
  return new DatabaseSync(new URL(`${pathToFileURL(file)}?immutable=1`), { readOnly: true });
}

/** What else is wrong is found by whoever reads. */
function isShutFor(db: DatabaseSync): boolean {
  try {
    db.prepare('SELECT 1 FROM sqlite_master').get();
    return false;
  } catch (error) {
    return isShut(error);
  }
}
