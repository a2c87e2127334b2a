import { existsSync } from 'node:fs';
import type { AnyCollection } from '../store.ts';
import { openForReading } from './reading.ts';
import { quote } from './schema.ts';

/** How many documents a file holds; what is not there, or not yet as today's, holds none. */
export function countSqlite(file: string, collections: readonly AnyCollection[]): number {
  if (!existsSync(file)) return 0;
  const db = openForReading(file);
  try {
    const there = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
    const counts = collections
      .filter(({ name }) => there.get(name))
      .map(({ name }) => Number(db.prepare(`SELECT count(*) AS n FROM ${quote(name)}`).get()?.n));
    return counts.reduce((sum, n) => sum + n, 0);
  } finally {
    db.close();
  }
}
