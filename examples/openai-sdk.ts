/**
 * OpenAI's own SDK, governed: Switchyard says which account and model each request uses, hears how it went, and names another where it failed.
 *
 *   npm start                                       (in another terminal)
 *   OPENAI_API_KEY=… npx node --conditions=switchyard-source examples/openai-sdk.ts "Why is the sky blue?"
 *
 * SWITCHYARD_URL, SWITCHYARD_TOKEN and WORKSPACE_ID stand for the demo's. A reference `env:OPENAI_API_KEY` means: the key is in
 * OPENAI_API_KEY, and the provider's address in OPENAI_API_KEY_URL where it is not OpenAI's.
 */
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { createSwitchyard, type Route } from 'switchyard/client';

const url = process.env.SWITCHYARD_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SWITCHYARD_TOKEN ?? readFileSync('data/demo-token', 'utf8').trim();
const question = process.argv[2] ?? 'Why is the sky blue?';

/** An account whose key is not here cannot be called from here: it is passed over as one that fails. */
class NoKey extends Error {}
const classify = (error: unknown) => (error instanceof NoKey ? { error_class: 'provider_error' as const } : undefined);

await using switchyard = createSwitchyard({ url, token, classify });
const context = { workspace_id: process.env.WORKSPACE_ID ?? (await demoWorkspace()), endpoint_type: 'chat' };
const messages = [{ role: 'user' as const, content: question }];

/** The SDK for the account that was chosen. What goes wrong is tried elsewhere by Switchyard, so the SDK itself tries once. */
function sdkFor({ credentialsRef }: Route): OpenAI {
  const name = credentialsRef?.replace(/^env:/, '') ?? '';
  const apiKey = process.env[name];
  if (!apiKey) throw new NoKey(`${name} is not set`);
  return new OpenAI({ apiKey, baseURL: process.env[`${name}_URL`] ?? null, maxRetries: 0 });
}

const answer = await switchyard.route(context, (route) =>
  sdkFor(route).chat.completions.create({ model: route.upstreamModel, messages }, { signal: route.signal }),
);
console.log('answered:', answer.choices[0]?.message.content);

// Streamed: the lease is held until the last chunk, and the tokens are those that the stream says at its end.
const stream = await switchyard.route({ ...context, requires_streaming: true }, (route) =>
  sdkFor(route).chat.completions.create(
    { model: route.upstreamModel, messages, stream: true, stream_options: { include_usage: true } },
    { signal: route.signal },
  ),
);
const words: string[] = [];
for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? '');
console.log('streamed:', words.join(''));

/** The demo's workspace whose policy routes to GPT-4o. */
async function demoWorkspace(): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const body = JSON.stringify({ query: '{ workspaces { nodes { workspaceId tags } } }' });
  const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  const { data } = (await answer.json()) as {
    data: { workspaces: { nodes: { workspaceId: string; tags: string[] }[] } };
  };
  return data.workspaces.nodes.find(({ tags }) => tags.includes('tier:gold'))?.workspaceId ?? '';
}
