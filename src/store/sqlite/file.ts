import { closeSync, openSync, statSync } from 'node:fs';
import { StoreRefused, StoreUnavailable } from '../store.ts';

/**
 * A file that was deleted, moved or replaced can be written to as long as it is open, and is lost with the process:
 * nothing that goes there may be acknowledged. Where the path leads to the same file again, all is well again.
 */
export function sameFile(path: string): () => void {
  // A database in memory has no file, neither now nor later.
  const find = () => statSync(path, { throwIfNoEntry: false });
  const opened = find();
  return () => {
    const today = find();
    if (today?.ino !== opened?.ino || today?.dev !== opened?.dev)
      throw new StoreUnavailable(`${path} is no longer the file that was opened`);
  };
}

/**
 * A log holds what was acknowledged last, of the database beside it alone. SQLite takes a log away where the database is
 * not there or empty: that would be the end of it, so nothing is opened then.
 */
export function mustHaveItsDatabase(path: string): void {
  // The log first: where another process makes both just now, the database is there before its log is.
  const log = `${path}-wal`;
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeOf(log) === 0 || sizeOf(path) > 0) return;
  throw new StoreRefused(
    `there is ${log}, and ${path}, which it belongs to, is missing or empty; bring that back, or move the log away to begin anew`,
  );
}

/**
 * A database that is not there yet is for this user alone to read, whatever folder it is in: it holds the secrets of webhooks.
 * SQLite gives its log the same mode. A file that is there stays as somebody may have set it, and is not opened, since to close it here
 * would take the locks from all other connections of this process.
 */
export function makePrivate(path: string): void {
  if (path === ':memory:') return;
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // It is there, or cannot be made, which SQLite then says in its own words.
  }
}
