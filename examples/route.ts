/**
 * The shortest program that routes: its provider is a function of its own, so that it runs against `npm start` as it is.
 *
 *   WORKSPACE_ID=ws_… npx node --conditions=switchyard-source examples/route.ts
 *
 * SWITCHYARD_URL and SWITCHYARD_TOKEN stand for the demo's.
 */
import { readFileSync } from 'node:fs';
import { createSwitchyard, type Route } from 'switchyard/client';

const url = process.env.SWITCHYARD_URL ?? 'http://127.0.0.1:4000';
const token = process.env.SWITCHYARD_TOKEN ?? readFileSync('data/demo-token', 'utf8').trim();

await using switchyard = createSwitchyard({ url, token });
const context = { workspace_id: process.env.WORKSPACE_ID ?? '', endpoint_type: 'chat' };

const answer = await switchyard.route(context, async ({ upstreamModel }: Route) => ({
  text: `answered by ${upstreamModel}`,
  usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
}));
console.log(answer.text);
