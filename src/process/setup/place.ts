import { existsSync } from 'node:fs';
import { orgIndex } from '../../nouns/orgs/model.ts';
import type { Store } from '../../store/store.ts';
import type { Config } from './config.ts';
import { databaseFile } from './deps.ts';
import type { Env } from './env.ts';
import { nearMisses, sentenceOf } from './near-misses.ts';

/** Where the data are, as a person may read it: never with credentials. */
export async function placeOf({ DATA_DIR, MONGODB_URI }: Pick<Config, 'DATA_DIR' | 'MONGODB_URI'>): Promise<string> {
  if (MONGODB_URI === undefined) return `SQLite in ${DATA_DIR}`;
  const { placeOfMongo } = await import('../../store/mongodb/open.ts');
  return placeOfMongo(MONGODB_URI);
}

/** Whether opening the store will make it; a database server does not tell. */
export function isNewFolder({ DATA_DIR, MONGODB_URI }: Pick<Config, 'DATA_DIR' | 'MONGODB_URI'>): boolean {
  return MONGODB_URI === undefined && !existsSync(databaseFile(DATA_DIR));
}

export async function hasOrganizations(store: Store): Promise<boolean> {
  return (await store.page(orgIndex, { orgId: '', order: 'asc', limit: 1 })).docs.length > 0;
}

/** What a command says besides its answer, for a person: on standard error, so that its output stays the answer alone. */
export function remark(text: string): void {
  process.stderr.write(`switchyard: ${text}\n`);
}

/** A command that works on another store than was meant would say that all went well. */
export function remarkNearMisses(env: Env): void {
  for (const miss of nearMisses(env)) remark(sentenceOf(miss));
}
