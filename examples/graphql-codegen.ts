/**
 * The graph by documents that are typed where they stand, by graphql-codegen's client preset: a field that the graph does not have, or a
 * variable of the wrong type, does not compile.
 *
 *   npm start                                       (in another terminal)
 *   npx node examples/graphql-codegen.ts
 *
 * SWITCHYARD_URL and SWITCHYARD_TOKEN stand for the demo's. `examples/gql/` is generated, as `examples/codegen.ts` says.
 */
import { readFileSync } from 'node:fs';
import type { TypedDocumentString } from './gql/graphql.ts';
import { graphql } from './gql/index.ts';

const url = process.env.SWITCHYARD_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SWITCHYARD_TOKEN ?? readFileSync('data/demo-token', 'utf8').trim();

async function ask<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables) {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
  });
  const { data, errors } = (await answer.json()) as { data: Result; errors?: { message: string }[] };
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
  return data;
}

const Overview = graphql(`
  query Overview($first: Int!) {
    viewer { organization { name } }
    workspaces(first: $first) {
      totalCount
      nodes { workspaceId name entitlements { nodes { logicalModelId } } }
    }
  }
`);
const CreateApp = graphql(`
  mutation CreateExampleApp($input: CreateAppInput!) {
    createApp(input: $input) { app { appId name tags } }
  }
`);
const DeleteApp = graphql(`
  mutation DeleteExampleApp($input: DeleteAppInput!) {
    deleteApp(input: $input) { app { appId } }
  }
`);

const { viewer, workspaces } = await ask(Overview, { first: 10 });
console.log(`${viewer.organization?.name}: ${workspaces?.totalCount} workspaces`);
for (const { name, entitlements } of workspaces?.nodes ?? [])
  console.log(
    `  ${name}: ${entitlements?.nodes.map(({ logicalModelId }) => logicalModelId).join(', ') || 'no models'}`,
  );

const [first] = workspaces?.nodes ?? [];
if (!first) throw new Error('there is no workspace');
const { workspaceId } = first;
const { createApp } = await ask(CreateApp, {
  input: { workspaceId, name: `Example ${Date.now()}`, tags: ['example'] },
});
if (!createApp) throw new Error('no app was made');
console.log('made:', createApp.app.tags.join(', '));
await ask(DeleteApp, { input: { appId: createApp.app.appId } });
