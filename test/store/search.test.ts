import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { type Namespace, namespaces } from '../../src/nouns/namespaces/model.ts';
import { checkSqlite } from '../../src/store/sqlite/check.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import type { Change, Store } from '../../src/store/store.ts';
import { fold } from '../../src/words/fold.ts';
import { describeEngines, type Opened, openEngine } from '../harness.ts';
import { required } from '../required.ts';

const { collection } = namespaces;
const now = () => '2026-01-01T00:00:00.000Z';
const orgId = 'org_search';
const [LARGE, OTHER, SMALL] = ['app_large', 'app_other', 'app_small'];
/** More than a scope may have to be read from end to end. */
const ROWS = 2_050;

/** Few characters, so that searches meet: of one, two, three and four bytes, some that fold, and what queries are written with. */
const letter = fc.constantFrom(
  ...'aabbcCeE1 ',
  '"',
  '*',
  '%',
  '\u0301',
  'É',
  'ß',
  'ς',
  'Σ',
  '\ue000',
  '\u{1f600}',
  'İ',
);
const text = fc.string({ unit: letter, minLength: 1, maxLength: 24 });
const texts = fc.record({ name: text, description: fc.option(text) });

/** The same values at every run. */
const sample = <T>(of: fc.Arbitrary<T>, count: number): T[] => fc.sample(of, { numRuns: count, seed: 29 });

const docOf = (at: number, said: Partial<Namespace>): Namespace =>
  ({
    ...{ id: `ns_${String(at).padStart(6, '0')}`, orgId, version: 1, createdAt: now(), updatedAt: now() },
    ...{ createdBy: null, workspaceId: 'ws', appId: LARGE, environmentId: 'env' },
    ...{ embeddingModelId: null, extractionModelId: null, reindexModelId: null, isPrivate: false, status: 'active' },
    ...said,
    name: `${said.name} ${at}`,
  }) as Namespace;

const namesOf = sample(texts, ROWS);
const made = (count = ROWS): Map<string, Namespace> =>
  new Map(namesOf.slice(0, count).map((said, at) => [docOf(at, said).id, docOf(at, said)]));

const inScope = (appId: string) => [{ field: 'appId', in: [appId] }];

async function found(store: Store, appId: string, search: string): Promise<[ids: string[], total: number]> {
  const where = { orgId, where: inScope(appId), search };
  const { docs } = await store.page(collection, { ...where, order: 'asc', limit: ROWS });
  const [total] = await store.counts(collection, [where]);
  return [docs.map(({ id }) => id), required(total)];
}

function naive(all: Iterable<Namespace>, appId: string, search: string): [ids: string[], total: number] {
  const holds = ({ name, description }: Namespace) =>
    fold(name).includes(search) || fold(description ?? '').includes(search);
  const ids = [...all].filter((doc) => doc.appId === appId && holds(doc)).map(({ id }) => id);
  return [ids.sort(), ids.length];
}

/** Parts of what is there, and what may not be. */
const searches = sample(
  fc.oneof(
    fc
      .tuple(fc.nat(ROWS - 1), fc.nat(9), fc.integer({ min: 1, max: 20 }))
      .map(([at, from, length]) => required(namesOf[at]).name.slice(from, from + length)),
    fc.string({ unit: letter, minLength: 1, maxLength: 6 }),
    fc.nat(ROWS).map((at) => ` ${at}`),
  ),
  60,
)
  .filter((search) => search.isWellFormed() && search !== '')
  .map(fold);

describeEngines('a search', (engine) => {
  let opened: Opened;
  // What is asked of MongoDB has one way, however many there are.
  const all = made(engine === 'sqlite' ? ROWS : 200);
  const asked = engine === 'sqlite' ? searches : searches.slice(0, 15);
  beforeAll(async () => {
    opened = await openEngine(engine);
    await opened.store.load(collection, [...all.values()]);
  });
  afterAll(() => opened.close());

  const agrees = async (appId: string) => {
    for (const search of asked)
      expect([search, await found(opened.store, appId, search)]).toEqual([search, naive(all.values(), appId, search)]);
  };

  test('finds what holds the folded text and nothing else, in a scope of thousands', () => agrees(LARGE));

  test('finds no less and no more once texts were changed, moved and removed', async () => {
    const changes: Change[] = [];
    for (const [at, said] of sample(texts, 45).entries()) {
      const before = required(all.get(docOf(at * 4, said).id));
      const appId = at % 3 === 1 ? OTHER : LARGE;
      const doc: Namespace = { ...docOf(at * 4, { ...said, appId }), version: 2 };
      all.delete(before.id);
      if (at % 3 === 2) changes.push({ type: 'remove', in: collection, key: before });
      else changes.push({ type: 'put', in: collection, doc: required(all.set(doc.id, doc).get(doc.id)), expected: 1 });
    }
    for (const said of sample(texts, 15)) {
      const doc = docOf(ROWS + changes.length, { ...said, appId: changes.length % 2 ? LARGE : SMALL });
      all.set(doc.id, doc);
      changes.push({ type: 'insert', in: collection, doc });
    }
    await opened.store.commit(changes);
    await agrees(LARGE);
    await agrees(OTHER);
  });
});

test('finds the same in a file of an older program, whose index was another', async () => {
  const opened = await openEngine('sqlite');
  const all = made();
  await opened.store.load(collection, [...all.values()]);
  await opened.store.close();
  const db = new DatabaseSync(opened.place);
  db.exec(`DROP TABLE namespaces_fts; CREATE VIRTUAL TABLE "namespaces_fts" USING fts5(scope, a, b, tokenize='trigram');
    INSERT INTO namespaces_fts (rowid, scope, a, b) SELECT rowid, substr("appId", -16), "foldA", "foldB" FROM namespaces`);
  db.close();
  expect(() => checkSqlite(opened.place, collections)).toThrow('start a server of this version once');
  const store = openSqlite({ file: opened.place, collections, now });
  for (const search of searches.slice(0, 20))
    expect([search, await found(store, LARGE, search)]).toEqual([search, naive(all.values(), LARGE, search)]);
  await store.close();
  expect(checkSqlite(opened.place, collections).faults.filter(({ what }) => /text|lacks/.test(what))).toEqual([]);
  await opened.close();
});
