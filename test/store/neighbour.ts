/** A process of its own on a store that others use too: it does what it is told, one message after the other. */
import { collections } from '../../src/catalog/collections.ts';
import { openMongo } from '../../src/store/mongodb/open.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { type AnyCollection, type Change, type Store, StoreConflict } from '../../src/store/store.ts';
import { required } from '../required.ts';
import { churn } from './churn.ts';

export interface Asked {
  read: 'get' | 'getMany' | 'getUnique' | 'page' | 'pages' | 'counts';
  in: string;
  args: unknown[];
}

export type Told =
  | { asked: Asked }
  /** What was answered the last time, where nothing that it was read of has changed since. */
  | { kept: Asked }
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
  return 'kept' in told ? readOnce(told.kept) : read(told.asked);
}

function read(asked: Asked): unknown {
  const read = store[asked.read] as (from: AnyCollection, ...args: unknown[]) => unknown;
  return read.call(store, named(asked.in), ...asked.args);
}

const answers = new Map<string, { moment: unknown; answer: unknown }>();

async function readOnce(asked: Asked): Promise<unknown> {
  const orgId = required(/"(org_\w+)"/.exec(JSON.stringify(asked)))[1] ?? '';
  const from = [named(asked.in)];
  const known = answers.get(JSON.stringify(asked));
  if (known && known.moment === (await store.moments(orgId))?.of(from)) return known.answer;
  const moment = store.lastMoments(orgId)?.of(from);
  const answer = await read(asked);
  if (moment) answers.set(JSON.stringify(asked), { moment, answer });
  return answer;
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
