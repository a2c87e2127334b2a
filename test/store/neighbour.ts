/** A process of its own on a store that others use too: it does what it is told, one message after the other. */
import { collections } from '../../src/catalog/collections.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { type AnyCollection, type Change, type Store, StoreConflict } from '../../src/store/store.ts';
import { required } from '../required.ts';
import { churn } from './churn.ts';

export type Told =
  | { read: 'get' | 'getMany' | 'getUnique' | 'page' | 'pages' | 'counts'; in: string; args: unknown[] }
  /** Asked for at the same time. */
  | { commits: (Omit<Change, 'in'> & { in: string })[][] }
  | { churn: { orgId: string; seed: number; rounds: number } };

const place = required(process.argv[2]);
const options = { collections, now: () => new Date().toISOString() };
const store: Store = place.startsWith('mongodb')
  ? await openMongo({ uri: place, ...options })
  : openSqlite({ file: place, ...options });

function named(name: string): AnyCollection {
  return required(collections.find((one) => one.name === name));
}

async function commit(changes: { in: string }[]): Promise<'done' | 'refused'> {
  try {
    await store.commit(changes.map((change) => ({ ...change, in: named(change.in) }) as Change));
    return 'done';
  } catch (error) {
    if (error instanceof StoreConflict) return 'refused';
    throw error;
  }
}

async function answer(told: Told): Promise<unknown> {
  if ('churn' in told) return churn(store, told.churn);
  if ('commits' in told) return Promise.all(told.commits.map(commit));
  const read = store[told.read] as (from: AnyCollection, ...args: unknown[]) => unknown;
  return read.call(store, named(told.in), ...told.args);
}

process.on('message', async (told: Told) => {
  try {
    process.send?.({ value: (await answer(told)) ?? null });
  } catch (error) {
    process.send?.({ error: String((error as Error).stack) });
  }
});
process.on('disconnect', () => process.exit());
process.send?.({ value: 'ready' });
