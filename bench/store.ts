/**
 * The embedded store alone, beside the reads and writes of the peers' raw table on the same documents: `npx node bench/store.ts`.
 * All in one process and without HTTP; ratios above 1 are slower than raw.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collections } from '../src/catalog/collections.ts';
import { type Namespace, namespaces } from '../src/nouns/namespaces/model.ts';
import { openSqlite as openStore } from '../src/store/sqlite/engine.ts';
import { compare, print } from './measure.ts';
import { openSqlite as openRaw } from './peers/sqlite.ts';
import { namespaceBody, range } from './peers/world.ts';

const ORG = 'org_0123456789abcdefghijklmnop';
const APPS = 100;
const ROWS = 10_000;
const { collection } = namespaces;

const docOf = (at: number, name = `Namespace ${at}`): Namespace => {
  const body = namespaceBody(name, 'env_0123456789abcdefghijklmnop');
  const { environment_id: environmentId, context_type: contextType, source_ids: sourceIds, ...same } = body;
  return {
    id: idOf(at),
    orgId: ORG,
    version: 1,
    createdAt: new Date(1.7e12 + at).toISOString(),
    updatedAt: new Date(1.7e12 + at).toISOString(),
    createdBy: 'mem_0123456789abcdefghijklmnop',
    ...same,
    ...{ environmentId, contextType, sourceIds, workspaceId: 'ws_0123456789abcdefghijklmnop', appId: appOf(at) },
    ...{ isPrivate: false, status: 'active', nodeIds: [], threadCount: 0, embeddingModelId: null },
  } as unknown as Namespace;
};
const idOf = (at: number) => `ns_0123456789abcdefghij${String(at).padStart(8, '0')}`;
const appOf = (at: number) => `app_0123456789abcdefghijklmn${String(at % APPS).padStart(3, '0')}`;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-store-'));
const store = openStore({ file: join(folder, 'ours.db'), collections, now: () => new Date().toISOString() });
const raw = openRaw(join(folder, 'raw.db'), ORG);
const docs = range(ROWS).map((at) => docOf(at));
await store.load(collection, docs);
await raw.load({ workspaces: [], environments: [], apps: [], namespaces: docs as never });

let turn = 0;
const next = () => (turn = (turn * 31 + 7) % ROWS);
const listOf = (appId: string) => ({ orgId: ORG, where: [{ field: 'appId', in: [appId] }] });
const pageOf = (appId: string) => ({ ...listOf(appId), order: 'desc' as const, limit: 50 });

/** Each run in a turn of its own, as requests are. */
const inTurn = <T>(work: () => T) => Promise.resolve().then(work);
print(
  'one document',
  await compare(
    [
      { name: 'raw', run: () => inTurn(() => raw.one('namespaces', idOf(next()))) },
      { name: 'store.get', run: () => inTurn(() => store.get(collection, { orgId: ORG, id: idOf(next()) })) },
    ],
    { runs: 20_000 },
  ),
);
print(
  'a page of 50 with its total',
  await compare(
    [
      {
        name: 'raw',
        run: () =>
          inTurn(() => {
            const app = appOf(next());
            return [raw.page('namespaces', app, 50, null), raw.count('namespaces', app)];
          }),
      },
      {
        name: 'store.page and store.counts',
        run: () =>
          inTurn(() => {
            const app = appOf(next());
            return [store.page(collection, pageOf(app)), store.counts(collection, [listOf(app)])];
          }),
      },
    ],
    { runs: 500 },
  ),
);
let made = ROWS;
print(
  'durable creates, 64 at once',
  await compare(
    [
      {
        name: 'raw, one commit each',
        run: () => {
          for (let at = 0; at < 64; at += 1) raw.add('namespaces', docOf(made++) as never);
        },
      },
      {
        name: 'store.commit',
        run: () =>
          Promise.all(range(64).map(() => store.commit([{ type: 'insert', in: collection, doc: docOf(made++) }]))),
      },
    ],
    { rounds: 5, runs: 10 },
  ),
);
process.stdout.write(`\nresident memory ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB\n`);
await store.close();
await raw.close();
rmSync(folder, { recursive: true, force: true });
