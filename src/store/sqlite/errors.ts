import { StoreUnavailable } from '../store.ts';

const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CANTOPEN = 14;
/** What only a mistake of ours can bring about: bad SQL, a broken constraint, misuse, values of the wrong type or place. */
const OURS: ReadonlySet<number> = new Set([1, 19, 20, 21, 25]);

export function isSqlite(error: unknown): boolean {
  return (error as { code?: string }).code === 'ERR_SQLITE_ERROR';
}

export function isBusy(error: unknown): boolean {
  return [BUSY, LOCKED].includes(codeOf(error));
}

/** The port's error for whatever keeps the database from answering: a lock, the disk, the file, memory. */
export function unavailable(error: unknown, maybe = false): unknown {
  if (!isSqlite(error) || OURS.has(codeOf(error))) return error;
  return new StoreUnavailable('the database cannot answer', { cause: error, maybe });
}

/** Said of a COMMIT: what was written but not synced may be found again after a crash. */
export function isTorn(error: unknown): boolean {
  return codeOf(error) === IOERR;
}

/** The file itself, or what SQLite makes beside it, cannot be opened, or be made there. */
export function isShut(error: unknown): boolean {
  return [READONLY, CANTOPEN].includes(codeOf(error));
}

/** The primary result code, of which the extended ones are kinds. */
function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? -1) & 0xff;
}
