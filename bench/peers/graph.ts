/** The part of the graph that the three queries need, as each peer's manual writes it: SDL and plain resolvers. */
import { type Doc, fromGlobalId, type TableName, toCursor, toGlobalId } from './documents.ts';
import { given, type Store } from './store.ts';

export const typeDefs = `
  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type Query { node(id: ID!): Node workspace(workspaceId: ID!): Workspace app(appId: ID!): App }
  type Workspace implements Node {
    id: ID! workspaceId: ID! name: String!
    apps(first: Int = 50, after: String): AppConnection!
  }
  type App implements Node {
    id: ID! appId: ID! name: String!
    namespaces(first: Int = 50, after: String): NamespaceConnection!
  }
  type Environment implements Node { id: ID! environmentId: ID! name: String! }
  type Namespace implements Node {
    id: ID! namespaceId: ID! name: String! description: String status: String! isPrivate: Boolean!
    createdAt: String! updatedAt: String! tags: [String!]! embeddingModelId: String
    contextType: String sourceIds: [String!]! threadIds: [String!]! environment: Environment!
  }
  type AppConnection { totalCount: Int! pageInfo: PageInfo! edges: [AppEdge!]! }
  type AppEdge { cursor: String! node: App! }
  type NamespaceConnection { totalCount: Int! pageInfo: PageInfo! edges: [NamespaceEdge!]! }
  type NamespaceEdge { cursor: String! node: Namespace! }
`;

const TABLES: Record<string, TableName> = {
  Workspace: 'workspaces',
  App: 'apps',
  Environment: 'environments',
  Namespace: 'namespaces',
};

interface Arguments {
  first: number;
  after?: string;
}

export function resolversOf(store: Store) {
  const connection =
    (table: TableName) =>
    ({ id }: Doc, { first, after }: Arguments) => {
      const told = store.page(table, id, first, after);
      return given(told, ({ docs, more }) => ({
        table,
        scope: id,
        edges: docs.map((node) => ({ node })),
        pageInfo: { hasNextPage: more, last: docs.at(-1) },
      }));
    };
  const Edge = { cursor: ({ node }: { node: Doc }) => toCursor(node) };
  const Connection = {
    totalCount: ({ table, scope }: { table: TableName; scope: string }) => store.count(table, scope),
  };
  const noun = (type: string, own: string, more: object = {}) => ({
    id: ({ id }: Doc) => toGlobalId(type, id),
    [own]: ({ id }: Doc) => id,
    ...more,
  });
  return {
    Query: {
      node(_: unknown, { id: globalId }: { id: string }) {
        const [type, id] = fromGlobalId(globalId);
        const table = TABLES[type];
        return table && given(store.one(table, id), (doc) => doc && Object.assign(doc, { __typename: type }));
      },
      workspace: (_: unknown, { workspaceId }: { workspaceId: string }) => store.one('workspaces', workspaceId),
      app: (_: unknown, { appId }: { appId: string }) => store.one('apps', appId),
    },
    Workspace: noun('Workspace', 'workspaceId', { apps: connection('apps') }),
    App: noun('App', 'appId', { namespaces: connection('namespaces') }),
    Environment: noun('Environment', 'environmentId'),
    Namespace: noun('Namespace', 'namespaceId', {
      environment: ({ environmentId }: Doc) => store.one('environments', String(environmentId)),
    }),
    PageInfo: { endCursor: ({ last }: { last?: Doc }) => last && toCursor(last) },
    AppConnection: Connection,
    AppEdge: Edge,
    NamespaceConnection: Connection,
    NamespaceEdge: Edge,
  };
}
