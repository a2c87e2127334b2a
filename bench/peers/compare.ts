import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { required } from '../../test/required.ts';
import type { Sent, Work } from './works.ts';

export interface Contender {
  name: string;
  url: string;
  headers: Record<string, string>;
}

/** What each server may make for itself: a cursor is opaque, and what is created has an id and a time of its own. */
const OWN = new Set(['cursor', 'endCursor', 'next_cursor']);
const OWN_WHEN_CREATED = new Set(['namespace_id', 'created_at', 'updated_at']);

/** Throws where a server's answer differs from ours: whoever answers something else is not timed. */
export async function compareAnswers(
  work: Work,
  requests: readonly Sent[],
  contenders: readonly Contender[],
): Promise<void> {
  for (const sent of requests.slice(0, 5)) {
    const named = { ...sent, body: sent.body?.replace('[<id>]', crypto.randomUUID()) } as Sent;
    const [ours, ...others] = await Promise.all(contenders.map((contender) => answerOf(contender, named)));
    for (const [at, other] of others.entries()) {
      if (work.comparable && !isDeepStrictEqual(canonical(ours, sent), canonical(other, sent)))
        throw new Error(
          `${work.name}: ${required(contenders[at + 1]).name} answers ${show(other)}\nours ${show(ours)}`,
        );
    }
  }
}

const show = (value: unknown) => JSON.stringify(value).slice(0, 600);

const TRIES = 20;

/** Whoever asks to be asked again, as a database under load makes a server do, is asked again. */
export async function answerOf({ url, headers, name }: Contender, { method, path, body }: Sent): Promise<unknown> {
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  let answer = await fetch(url + path, init);
  for (let tries = 1; answer.status === 503 && tries < TRIES; tries += 1) {
    await answer.body?.cancel();
    await sleep(500);
    answer = await fetch(url + path, init);
  }
  const told = (await answer.json()) as { errors?: unknown };
  if (!answer.ok || told.errors) throw new Error(`${name} answers ${path} with ${answer.status}: ${show(told)}`);
  return told;
}

/** Without order of keys, which JSON does not know, and with what is a server's own told by its kind only. */
function canonical(value: unknown, sent: Sent): unknown {
  const isOwn = (key: string) =>
    OWN.has(key) || (sent.path !== '/graphql' && sent.method === 'POST' && OWN_WHEN_CREATED.has(key));
  return JSON.parse(JSON.stringify(value), (key, inner) => (isOwn(key) && inner !== null ? typeof inner : inner));
}
