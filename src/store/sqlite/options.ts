import type { Tell } from '../derived.ts';
import type { Migration } from '../migrations/migration.ts';
import type { AnyCollection } from '../store.ts';

export interface SqliteOptions {
  file: string;
  collections: readonly AnyCollection[];
  now: () => string;
  /** How long a commit waits for another process's lock before it answers `StoreUnavailable`. */
  busyTimeoutMs?: number;
  migrations?: readonly Migration[];
  /** Hears what a person should know of how the data were brought up to date. */
  tell?: Tell;
}
