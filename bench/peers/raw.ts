/**
 * The floor: node:http, the same reads of the same kind of table, and each answer written by hand. It knows no token, no
 * permission, no ETag, no request id and no query language: the three queries are told apart by a word that only one has.
 */
import { createServer, type ServerResponse } from 'node:http';
import { required } from '../../test/required.ts';
import { type Doc, fromBody, fromGlobalId, type TableName, toCursor, toGlobalId, toRest } from './documents.ts';
import { listen, openStore } from './serve.ts';
import { given, givenAll, type Soon } from './store.ts';

type Answer = Soon<[status: number, json: unknown]>;
type Body = Record<string, unknown>;

const store = await openStore();

const counted = (table: TableName, scope: string, limit: number, after: string | null) =>
  givenAll([store.page(table, scope, limit, after), store.count(table, scope)], ([page, total]) => ({
    ...page,
    total,
  }));

const getOne = (id: string): Answer =>
  given(store.one('namespaces', id), (doc) => (doc ? [200, toRest(doc)] : [404, {}]));

const getPage = (appId: string, query: URLSearchParams): Answer =>
  given(
    counted('namespaces', appId, Number(query.get('limit') ?? 50), query.get('cursor')),
    ({ docs, more, total }): Answer => {
      const next_cursor = more ? toCursor(required(docs.at(-1))) : null;
      return [200, { total, has_more: more, next_cursor, namespaces: docs.map(toRest) }];
    },
  );

function create(workspaceId: string, appId: string, body: Body): Answer {
  const doc = fromBody(body, { workspaceId, appId });
  const message = 'Namespace created successfully';
  return given(store.add('namespaces', doc), () => [201, { namespace: toRest(doc), message }]);
}

/** One durable insert of what a decision would be: nothing is decided. */
function decide({ workspace_id, ...body }: Body): Answer {
  const id = `dec_${crypto.randomUUID()}`;
  const doc = { id, ...body, workspaceId: workspace_id, createdAt: new Date().toISOString(), name: '', status: 'open' };
  return given(store.add('decisions', doc), () => [201, { decision_id: id, ...doc }]);
}

/** One read and one durable write. */
const report = (id: string, outcome: Body): Answer =>
  given(store.one('decisions', id), (doc): Answer => {
    if (!doc) return [404, {}];
    const closed = { ...doc, status: 'closed', outcome };
    return given(store.replace('decisions', closed), () => [200, closed]);
  });

function q1(globalId: string): Soon<unknown> {
  const [type, id] = fromGlobalId(globalId);
  return given(type === 'Namespace' ? store.one('namespaces', id) : null, (doc) => {
    if (!doc) return { node: null };
    const { name, description, status, isPrivate, createdAt, updatedAt, tags, embeddingModelId } = doc;
    const own = { name, description, status, isPrivate, createdAt, updatedAt, tags, embeddingModelId };
    return { node: { id: globalId, ...own, namespaceId: doc.id } };
  });
}

const q2 = (appId: string, after: string | null): Soon<unknown> =>
  given(counted('namespaces', appId, 50, after), ({ docs, more, total }) => {
    const edges = docs.map((doc) => ({ cursor: toCursor(doc), node: listed(doc) }));
    const pageInfo = { hasNextPage: more, endCursor: edges.at(-1)?.cursor ?? null };
    return { app: { namespaces: { totalCount: total, pageInfo, edges } } };
  });

const listed = ({ id, name, status, createdAt, tags }: Doc) => ({
  id: toGlobalId('Namespace', id),
  name,
  status,
  createdAt,
  tags,
});

const q3 = (workspaceId: string): Soon<unknown> =>
  givenAll([store.one('workspaces', workspaceId), store.page('apps', workspaceId, 10)], ([workspace, { docs: apps }]) =>
    givenAll(
      apps.map((app) => store.page('namespaces', app.id, 10)),
      (pages) =>
        given(environmentsOf(pages.flatMap(({ docs }) => docs)), (environments) => {
          const nested = ({ name, status, environmentId }: Doc) => ({
            node: { name, status, environment: { name: environments.get(String(environmentId)) } },
          });
          const edges = apps.map((app, at) => ({
            node: { name: app.name, namespaces: { edges: required(pages[at]).docs.map(nested) } },
          }));
          return { workspace: workspace && { name: workspace.name, apps: { edges } } };
        }),
    ),
  );

/** Each environment is read once. */
function environmentsOf(docs: readonly Doc[]): Soon<Map<string, string>> {
  const ids = [...new Set(docs.map(({ environmentId }) => String(environmentId)))];
  return givenAll(
    ids.map((id) => store.one('environments', id)),
    (found) => new Map(found.map((doc, at) => [required(ids[at]), required(doc).name])),
  );
}

interface Query {
  query: string;
  variables: { id: string; app: string; after?: string | null; ws: string };
}

const graphql = ({ query, variables: { id, app, after = null, ws } }: Query): Answer => {
  const data = query.includes('node(id') ? q1(id) : query.includes('app(') ? q2(app, after) : q3(ws);
  return given(data, (told): Answer => [200, { data: told }]);
};

function answer(method: string, url: string, text: string): Answer {
  if (url === '/graphql') return graphql(JSON.parse(text));
  const [path = '', query] = url.split('?');
  const [, , , , , workspaceOrDecision = '', , appId = '', , namespaceId] = path.split('/');
  if (method === 'GET') return namespaceId ? getOne(namespaceId) : getPage(appId, new URLSearchParams(query));
  if (path.endsWith('/outcome')) return report(workspaceOrDecision, JSON.parse(text));
  return appId ? create(workspaceOrDecision, appId, JSON.parse(text)) : decide(JSON.parse(text));
}

const send = (res: ServerResponse, told: Answer) =>
  given(told, ([status, json]) => {
    const text = JSON.stringify(json);
    const length = Buffer.byteLength(text);
    res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': length }).end(text);
  });

const server = createServer((req, res) => {
  const { method = 'GET', url = '/' } = req;
  if (method === 'GET') return void send(res, answer(method, url, ''));
  const chunks: Buffer[] = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => send(res, answer(method, url, String(Buffer.concat(chunks)))));
});
listen(server);
