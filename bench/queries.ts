/**
 * The reference queries over HTTP against a bare node:http server that does the same store reads, and what they cost the
 * store on each engine: `npx node bench/queries.ts` (with MONGODB_TEST_URI for MongoDB too).
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { namespaces } from '../src/nouns/namespaces/model.ts';
import { type EngineName, MONGODB_URI, startHarness } from '../test/harness.ts';
import { seed } from '../test/seed.ts';
import { compare, print } from './measure.ts';

const Q1 =
  'query($id: ID!){node(id:$id){id ... on Namespace{name description status isPrivate createdAt updatedAt tags embeddingModelId namespaceId}}}';
const Q2 =
  'query($app: ID!, $after: String){app(appId:$app){namespaces(first:50, after:$after){totalCount pageInfo{hasNextPage endCursor} edges{cursor node{id name status createdAt tags}}}}}';
const Q3 =
  'query($ws: ID!){workspace(workspaceId:$ws){name apps(first:10){edges{node{name namespaces(first:10){edges{node{name status environment{name}}}}}}}}}';

for (const engine of ['sqlite', ...(MONGODB_URI ? ['mongodb'] : [])] as EngineName[]) await measure(engine);

async function measure(engine: EngineName): Promise<void> {
  const harness = await startHarness(engine);
  const tenant = await harness.org();
  const seeded = await seed(tenant);
  for (let app = 0; app < 9; app += 1) {
    const { body } = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: `app ${app}` });
    for (let at = 0; at < 10; at += 1)
      await tenant.rest('POST', `${seeded.workspace}/apps/${body.app_id}/namespaces`, {
        name: `n ${at}`,
        environment_id: seeded.environmentId,
      });
  }
  for (let at = 0; at < 60; at += 1)
    await tenant.rest('POST', `${seeded.app}/namespaces`, { name: `n ${at}`, environment_id: seeded.environmentId });
  const { store } = harness.deps;
  const key = { orgId: tenant.orgId, id: seeded.namespaceId };
  const list = {
    orgId: tenant.orgId,
    where: [{ field: 'appId', in: [seeded.appId] }],
    order: 'desc' as const,
    limit: 50,
  };
  const raw = createServer(async (req, res) => {
    const body =
      req.url === '/one'
        ? await store.get(namespaces.collection, key)
        : [await store.page(namespaces.collection, list), await store.counts(namespaces.collection, [list])];
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
  const rawUrl = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
  const read = async (path: string) => (await fetch(rawUrl + path)).text();
  const id = Buffer.from(`Namespace:${seeded.namespaceId}`).toString('base64url');
  const variables = { id, app: seeded.appId, ws: seeded.workspaceId };
  const options = { rounds: 7, runs: 150 };
  const graph = (name: string, query: string) => ({ name, run: () => tenant.graphql(query, variables) });
  print(
    `${engine}: one namespace`,
    await compare(
      [
        { name: 'bare node:http, the same read', run: () => read('/one') },
        graph('Q1', Q1),
        { name: 'REST', run: () => tenant.rest('GET', seeded.namespace) },
      ],
      options,
    ),
  );
  print(
    `${engine}: a page of 50`,
    await compare(
      [
        { name: 'bare node:http, the same reads', run: () => read('/page') },
        graph('Q2', Q2),
        { name: 'REST', run: () => tenant.rest('GET', `${seeded.app}/namespaces?limit=50`) },
      ],
      options,
    ),
  );
  print(
    `${engine}: 10 apps × 10 namespaces`,
    await compare([{ name: 'bare node:http, a page of 50', run: () => read('/page') }, graph('Q3', Q3)], options),
  );
  for (const [name, query] of [
    ['Q1', Q1],
    ['Q2', Q2],
    ['Q3', Q3],
  ] as const) {
    // The caller is known: what is counted is the query's own.
    await tenant.rest('GET', '/v1/me');
    const before = store.stats.reads;
    const { text } = await tenant.graphql(query, variables);
    process.stdout.write(`  ${name}: ${store.stats.reads - before} store calls, ${text.length} bytes\n`);
  }
  raw.close();
  raw.closeAllConnections();
  await harness.close();
}
