import { type Posted, post } from '../../../http/post.ts';
import type { Called } from '../../../nouns/webhook-deliveries/tried.ts';
import { bodyOf, headersOf } from '../../../nouns/webhooks/message.ts';
import { signingSecrets, type Webhook } from '../../../nouns/webhooks/model.ts';
import { signingAt } from '../../../nouns/webhooks/secrets.ts';
import type { Context } from '../../../resource/context.ts';
import type { FeedEvent } from '../../../resource/feed-event.ts';

const CALL_MS = 10_000;

/** Posts one event to a webhook; rejects where it is called off. */
export type Calling = (ctx: Context, webhook: Webhook, event: FeedEvent, signal: AbortSignal) => Promise<Called>;

export function createCalling(timeoutMs = CALL_MS): Calling {
  return async (ctx, webhook, event, signal) => {
    const { store, now, allowPrivateAddresses: allowPrivate, meter, tracer } = ctx.deps;
    const { orgId, id, url } = webhook;
    const kept = await store.get(signingSecrets, { orgId, id });
    const body = bodyOf(event, ctx.principal);
    const headers = headersOf(event.id, body, kept ? signingAt(kept, now()) : [], now());
    const call = tracer?.call('webhook', 'POST', event);
    let called: Called | null = null;
    try {
      const sent = { ...call?.headers, ...headers };
      called = judged(await post({ url, headers: sent, body, allowPrivate, timeoutMs, signal }));
    } finally {
      call?.ended(called?.statusCode ?? null, called ? called.error : 'called off');
    }
    meter?.delivered(called.error === null ? 'delivered' : 'failed');
    return called;
  };
}

/** Any 2xx is success. */
function judged({ statusCode, error }: Posted): Called {
  if (statusCode === null || (statusCode >= 200 && statusCode < 300)) return { statusCode, error };
  const isRedirect = statusCode >= 300 && statusCode < 400;
  return { statusCode, error: `it answered ${statusCode}${isRedirect ? '; redirects are not followed' : ''}` };
}
