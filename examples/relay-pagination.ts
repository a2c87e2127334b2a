/**
 * Relay's store puts the pages of a connection together, by its own `@connection`.
 *
 *   npm start                                       (in another terminal)
 *   npx node examples/relay-pagination.ts
 *
 * SWITCHYARD_URL and SWITCHYARD_TOKEN stand for the demo's. What Relay needs of a graph (global ids, `node`, connections) every noun has.
 * `relay-pagination.generated.ts` is what `relay-compiler` makes of this document; in a program of yours its plugin does so behind `graphql`:
 *
 *   query relayPaginationQuery($first: Int!, $after: String) {
 *     workspaces(first: $first, after: $after) @connection(key: "all_workspaces") {
 *       edges { node { name } }
 *       pageInfo { hasNextPage endCursor }
 *     }
 *   }
 */
import { readFileSync } from 'node:fs';
import type { GraphQLResponse } from 'relay-runtime';
import relay from 'relay-runtime';
import document, { type relayPaginationQuery } from './relay-pagination.generated.ts';

const { createOperationDescriptor, Environment, fetchQuery, Network, RecordSource, Store } = relay;
const url = process.env.SWITCHYARD_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SWITCHYARD_TOKEN ?? readFileSync('data/demo-token', 'utf8').trim();

const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(async ({ text: query }, variables) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    return (await answer.json()) as GraphQLResponse;
  }),
});

const first = Number(process.env.PAGE_SIZE ?? 2);
/** What the store holds of the list: all pages so far, in their order. */
const list = createOperationDescriptor(document, { first, after: null });
environment.retain(list);

let after: string | null = null;
for (let pages = 1; ; pages += 1) {
  await fetchQuery<relayPaginationQuery>(environment, document, { first, after }).toPromise();
  const { workspaces } = environment.lookup(list.fragment).data as unknown as relayPaginationQuery['response'];
  if (!workspaces) break;
  const { edges, pageInfo } = workspaces;
  console.log(`after page ${pages}:`, edges.map(({ node }) => node.name).join(', '));
  if (!pageInfo.hasNextPage) break;
  after = pageInfo.endCursor ?? null;
}
