/**
 * Apollo Client's cache puts the pages of a connection together: its own `relayStylePagination`, nothing of ours.
 *
 *   npm start                                       (in another terminal)
 *   npx node examples/apollo-pagination.ts
 *
 * SWITCHYARD_URL and SWITCHYARD_TOKEN stand for the demo's. Every connection of the graph pages so.
 */
import { readFileSync } from 'node:fs';
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

const url = process.env.SWITCHYARD_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SWITCHYARD_TOKEN ?? readFileSync('data/demo-token', 'utf8').trim();

interface Page {
  workspaces: {
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    edges: { node: { name: string } }[];
  };
}

const WORKSPACES: TypedDocumentNode<Page, { first: number; after?: string | null }> = gql`
  query Workspaces($first: Int!, $after: String) {
    workspaces(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      edges { cursor node { id name } }
    }
  }
`;

const client = new ApolloClient({
  link: new HttpLink({ uri: `${url}/graphql`, headers: { Authorization: `Bearer ${token}` } }),
  cache: new InMemoryCache({ typePolicies: { Query: { fields: { workspaces: relayStylePagination() } } } }),
});

const first = Number(process.env.PAGE_SIZE ?? 2);
const { data } = await client.query({ query: WORKSPACES, variables: { first } });
const list = client.watchQuery({ query: WORKSPACES, variables: { first } });
let pageInfo = data?.workspaces.pageInfo;
for (let pages = 1; ; pages += 1) {
  // Read from the cache alone: all pages so far, in their order, as one list.
  const known = client.readQuery({ query: WORKSPACES, variables: { first } });
  console.log(`after page ${pages}:`, known?.workspaces.edges.map(({ node }) => node.name).join(', '));
  if (!pageInfo?.hasNextPage) break;
  const next = await list.fetchMore({ variables: { after: pageInfo.endCursor } });
  pageInfo = next.data?.workspaces.pageInfo;
}
