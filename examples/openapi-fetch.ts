/**
 * The REST API by a client whose paths, bodies and replies are typed from the OpenAPI document that the server serves.
 *
 *   npm start                                       (in another terminal)
 *   curl -s http://127.0.0.1:4000/v1/openapi.json | npx node test/fixtures/typed-client/generate.ts > examples/openapi.ts
 *   npx node examples/openapi-fetch.ts
 *
 * In a program of yours, with TypeScript 5: npx openapi-typescript URL/v1/openapi.json --default-non-nullable false -o openapi.ts
 * SWITCHYARD_URL and SWITCHYARD_TOKEN stand for the demo's. Types are all that is generated: the program runs without them, too.
 */
import { readFileSync } from 'node:fs';
import createClient from 'openapi-fetch';
import type { paths } from './openapi.ts';

const baseUrl = process.env.SWITCHYARD_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SWITCHYARD_TOKEN ?? readFileSync('data/demo-token', 'utf8').trim();
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

/** The body of a 2xx, or an error that says what the server said. */
function ok<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (data === undefined) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data;
}

const { org_id } = ok(await client.GET('/v1/me'));
if (org_id === null) throw new Error('the token acts in no organization');

// Lists page by a cursor, which is null on the last page.
const names: string[] = [];
let cursor: string | null = null;
do {
  const query: { limit: number; cursor?: string } = { limit: 2, ...(cursor && { cursor }) };
  const page = ok(await client.GET('/v1/orgs/{org_id}/workspaces', { params: { path: { org_id }, query } }));
  names.push(...page.workspaces.map(({ name }) => name));
  cursor = page.next_cursor ?? null;
} while (cursor);
console.log('workspaces:', names.join(', '));

// What is created here is changed only as it was read: a second change under the same ETag meets a 412.
const made = await client.POST('/v1/orgs/{org_id}/workspaces', {
  params: { path: { org_id } },
  body: { organization_id: org_id, name: `Example ${Date.now()}`, tags: ['example'] },
});
const { workspace_id } = ok(made);
const path = { org_id, workspace_id };
const app = await client.POST('/v1/orgs/{org_id}/workspaces/{workspace_id}/apps', {
  params: { path },
  body: { name: 'Assistant' },
});
const { app_id } = ok(app);
const rename = (description: string) =>
  client.PATCH('/v1/orgs/{org_id}/workspaces/{workspace_id}/apps/{app_id}', {
    params: { path: { ...path, app_id }, header: { 'if-match': app.response.headers.get('etag') } },
    body: { description },
  });
console.log('changed:', ok(await rename('first')).description);
console.log('changed again:', (await rename('second')).response.status);

// A refusal is typed as well: each issue of a 422 says what is wrong, and where.
const wrong = await client.POST('/v1/orgs/{org_id}/workspaces', {
  params: { path: { org_id } },
  body: { organization_id: org_id, name: '' },
});
if (wrong.error && 'detail' in wrong.error)
  console.log('refused:', wrong.error.detail.map(({ loc, type }) => `${loc.join('.')} ${type}`).join(', '));

await client.DELETE('/v1/orgs/{org_id}/workspaces/{workspace_id}', { params: { path } });
