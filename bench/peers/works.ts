import { required } from '../../test/required.ts';
import type { EngineName, WorkName } from './options.ts';
import { matchOf, namespaceBody, range, type World } from './world.ts';

export interface Sent {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
}

export type ContenderName = 'ours' | 'quiet' | 'raw' | 'fastapi' | 'mercurius' | 'apollo' | 'yoga';

export interface Work {
  name: WorkName;
  title: string;
  /** Who does it besides us on SQLite; on MongoDB the raw driver alone does. */
  peers: readonly ContenderName[];
  /** What it is judged by: processor time for each answer, or answers for each second of the clock. */
  by: 'processor' | 'clock';
  connections?: number;
  /**
   * Answers before the first round, on SQLite: counted, since on a busy machine a time would leave some code cold.
   * Of writes there are more: V8 compiles for the first thousands, some 50 µs of each. Of ten thousand documents each is asked for
   * twice: else the first rounds tell what it costs to keep them, and how many of them did so depends on the machine.
   */
  warmUp: number;
  /** Whether the raw server gives the same answer, so that it can be compared. */
  comparable: boolean;
  /** What our answer has to be before and after the rounds for them to count. */
  holds?(answer: Record<string, unknown>): boolean;
  /** At least this many times as fast as a peer, on SQLite. */
  goals: Partial<Record<ContenderName, number>>;
  requests(world: World): Sent[];
}

const Q1 =
  'query($id: ID!){node(id:$id){id ... on Namespace{name description status isPrivate createdAt updatedAt tags embeddingModelId namespaceId}}}';
const Q2 =
  'query($app: ID!, $after: String){app(appId:$app){namespaces(first:50, after:$after){totalCount pageInfo{hasNextPage endCursor} edges{cursor node{id name status createdAt tags}}}}}';
const Q3 =
  'query($ws: ID!){workspace(workspaceId:$ws){name apps(first:10){edges{node{name namespaces(first:10){edges{node{name status environment{name}}}}}}}}}';

const graphql = (query: string, variables: object): Sent => ({
  method: 'POST',
  path: '/graphql',
  body: JSON.stringify({ query, variables }),
});
const pathOf = ({ orgId }: World, workspaceId: unknown, appId: unknown) =>
  `/v1/orgs/${orgId}/workspaces/${workspaceId}/apps/${appId}/namespaces`;
/** In an order that knows nothing of how they were stored, the same in every run. */
const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((value, at) => ({ value, at: (at * 7_919) % 10_007 }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);

export const isAdmitted = ({ admitted }: Record<string, unknown>): boolean => admitted === true;

const GRAPH = ['raw', 'mercurius', 'apollo', 'yoga'] as const;

export const works: readonly Work[] = [
  {
    name: 'R1',
    title: 'REST, one namespace of 1.1 KB by its id',
    warmUp: 20_480,
    peers: ['raw', 'fastapi', 'quiet'],
    by: 'processor',
    comparable: true,
    goals: { raw: 0.95, fastapi: 5, quiet: 0.95 },
    requests: (world) =>
      shuffled(world.documents.namespaces).map(({ id, workspaceId, appId }) => ({
        method: 'GET',
        path: `${pathOf(world, workspaceId, appId)}/${id}`,
      })),
  },
  {
    name: 'R2',
    title: 'REST, a page of 50 namespaces with its total',
    warmUp: 1_024,
    peers: ['raw', 'fastapi', 'quiet'],
    by: 'processor',
    comparable: true,
    goals: { raw: 1, fastapi: 2.7, quiet: 0.95 },
    requests: (world) =>
      shuffled(world.documents.apps).map(({ id, workspaceId }) => ({
        method: 'GET',
        path: `${pathOf(world, workspaceId, id)}?limit=50`,
      })),
  },
  {
    name: 'Q1',
    title: 'GraphQL, a node by its id, ten fields',
    warmUp: 20_480,
    peers: [...GRAPH, 'quiet'],
    by: 'processor',
    comparable: true,
    goals: { mercurius: 1.5, apollo: 3, quiet: 0.95 },
    requests: ({ documents }) =>
      shuffled(documents.namespaces).map(({ id }) =>
        graphql(Q1, { id: Buffer.from(`Namespace:${id}`).toString('base64url') }),
      ),
  },
  {
    name: 'Q2',
    title: 'GraphQL, a connection of 50 with its total and cursors',
    warmUp: 1_024,
    peers: GRAPH,
    by: 'processor',
    comparable: true,
    goals: { mercurius: 1.6, apollo: 3.5 },
    requests: ({ documents }) => shuffled(documents.apps).map(({ id }) => graphql(Q2, { app: id })),
  },
  {
    name: 'Q3',
    title: 'GraphQL, 10 apps × 10 namespaces × environment',
    warmUp: 512,
    peers: GRAPH,
    by: 'processor',
    comparable: true,
    goals: { mercurius: 1.7, apollo: 3.5 },
    requests: ({ documents }) => shuffled(documents.workspaces).map(({ id }) => graphql(Q3, { ws: id })),
  },
  {
    name: 'W1',
    title: 'REST, durable creates by 64 clients (raw: one commit a request)',
    warmUp: 12_288,
    peers: ['raw'],
    by: 'clock',
    connections: 64,
    comparable: true,
    goals: { raw: 2.5 },
    requests: (world) => {
      const { workspaceId, appId, environmentId } = world.spare;
      const body = JSON.stringify(namespaceBody('n [<id>]', environmentId));
      return [{ method: 'POST', path: pathOf(world, workspaceId, appId), body }];
    },
  },
  {
    name: 'D1',
    title: 'Decisions by 64 clients (raw: one durable insert, nothing decided)',
    warmUp: 3_072,
    peers: ['raw'],
    by: 'clock',
    connections: 64,
    comparable: false,
    goals: {},
    holds: isAdmitted,
    requests: decisions,
  },
  {
    name: 'O1',
    title: 'Outcomes by 64 clients (raw: one read, one durable write)',
    warmUp: 4_096,
    peers: ['raw'],
    by: 'clock',
    connections: 64,
    comparable: false,
    goals: {},
    requests: () => [],
  },
];

export function decisions({ orgId, documents, policies }: World, count = 1_000): Sent[] {
  return range(count).map((at) => {
    const workspace_id = required(documents.workspaces[at % documents.workspaces.length]).id;
    const body = JSON.stringify({ workspace_id, ...matchOf((at * 7_919) % policies) });
    return { method: 'POST', path: `/v1/orgs/${orgId}/decisions`, body };
  });
}

export function outcomeOf({ orgId }: World, decisionId: string): Sent {
  const body = JSON.stringify({ success: true, latency_ms: 420, input_tokens: 800, output_tokens: 120 });
  return { method: 'POST', path: `/v1/orgs/${orgId}/decisions/${decisionId}/outcome`, body };
}

export const peersOf = ({ peers }: Work, engine: EngineName): readonly ContenderName[] =>
  engine === 'sqlite' ? peers : ['raw'];
