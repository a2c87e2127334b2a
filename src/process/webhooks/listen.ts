import { randomBytes } from 'node:crypto';
import { post } from '../../http/post.ts';
import { headersOf } from '../../nouns/webhooks/message.ts';
import { newSecret } from '../../nouns/webhooks/secrets.ts';
import { UsageRefused } from '../../words/refused.ts';
import { refusalAt } from '../../worker/connection.ts';
import { call } from '../../worker/http.ts';
import { plain } from '../../worker/lines.ts';
import { addressOf, tokenIn } from '../../worker/options.ts';
import { inOneLine } from '../long-work/worker-command.ts';
import type { Env } from '../setup/env.ts';
import { placeOf } from '../setup/place-of-server.ts';
import { stopSignal } from '../setup/signals.ts';
import { following } from './following.ts';

export interface ListenWords {
  url?: string;
  types: string;
  secret?: string;
  server?: string;
  tokenFile?: string;
  json?: boolean;
}

interface Event {
  event_id: string;
  type: string;
  resource_id: string;
}

const CALL_MS = 10_000;

/** `switchyard webhooks listen`: the feed of a token's org as a webhook would post it, over the API. */
export async function listenCommand(words: ListenWords, env: Env): Promise<void> {
  const { url, secret = newSecret(randomBytes), json = false } = words;
  if (url !== undefined && !URL.canParse(url)) throw new UsageRefused('--url: expected an address');
  if (!/^whsec_[A-Za-z0-9+/]+=*$/.test(secret)) throw new UsageRefused('--secret: expected whsec_ and base64');
  const place = placeOf({ url: words.server, tokenFile: words.tokenFile }, env);
  const signal = stopSignal();
  const say = (line: string, told: object) => void process.stdout.write(`${json ? JSON.stringify(told) : line}\n`);
  await inOneLine(async () => {
    const server = addressOf(place.url);
    const token = await tokenIn(place.tokenFile);
    const get = reader(server, token, signal);
    try {
      const { org_id: orgId } = await get<{ org_id: string }>('me');
      const { events } = await get<{ events: Event[] }>(`orgs/${orgId}/events?limit=1`);
      const stream = `${server}/v1/orgs/${orgId}/events?${new URLSearchParams({ types: words.types })}`;
      say(`Listening to ${orgId}; signed with ${secret}`, { org_id: orgId, secret });
      for await (const data of following({ url: stream, token, after: events[0]?.event_id, signal })) {
        const event = JSON.parse(data) as Event;
        const { statusCode, error } = url === undefined ? NOT_POSTED : await forward(url, event, secret, signal);
        const how = url === undefined ? '' : `  ${error ?? statusCode}`;
        say(plain(`${event.type}  ${event.resource_id}${how}`), { event, status_code: statusCode, error });
      }
    } catch (error) {
      if (!signal.aborted) throw refusalAt(error, server);
    }
  });
}

const NOT_POSTED = { statusCode: null, error: null };

function reader(server: string, token: string, signal: AbortSignal) {
  return async <T>(path: string): Promise<T> => {
    const headers = { Authorization: `Bearer ${token}` };
    const limits = { timeoutMs: CALL_MS, maxBytes: 16 * 1024 * 1024, tries: 10, mustBeThere: true };
    return JSON.parse(await call({ url: `${server}/v1/${path}`, headers, signal, ...limits })) as T;
  };
}

function forward(url: string, event: Event, secret: string, signal: AbortSignal) {
  const body = JSON.stringify(event);
  const headers = headersOf(event.event_id, body, [secret], Date.now());
  return post({ url, headers, body, allowPrivate: true, timeoutMs: CALL_MS, signal });
}
