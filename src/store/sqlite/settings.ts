import type { DatabaseSync } from 'node:sqlite';

export interface Settings {
  synchronous: number;
  journalMode: string;
  integrity: string;
}

/** The settings that durability rests on, as SQLite itself reads them back. */
export function settingsOf(db: DatabaseSync): Settings {
  const one = (pragma: string) => Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  return {
    synchronous: Number(one('synchronous')),
    journalMode: String(one('journal_mode')),
    integrity: String(one('quick_check')),
  };
}

export function limitPages(db: DatabaseSync, limit: 'tight' | 'none'): void {
  const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
  db.exec(`PRAGMA max_page_count = ${limit === 'tight' ? pages + 4 : 4_294_967_294}`);
}
