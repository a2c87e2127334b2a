import { setTimeout as sleep } from 'node:timers/promises';
import { AccountFailure, Failure, type Provider } from './account.ts';
import type { Api, Item, Result } from './api.ts';
import { embed } from './embed.ts';
import { inTime, note, type Pace } from './http.ts';
import type { Kept, Sink } from './sink.ts';
import type { Texts } from './texts.ts';

export interface Tools {
  api: Pick<Api, 'report'>;
  provider: (accountId: string) => Promise<Provider>;
  /** One for each provider account. */
  pace: (accountId: string) => Pace;
  texts: Texts;
  sink: Sink;
  tells: (what: { done?: number; failed?: Failure[]; lost?: number; givenBack?: number }) => void;
  waits: (why: string, ms: number) => void;
}

export const LEASE_SECONDS = 60;
const EXTEND_MS = 20_000;
/** Texts that one request carries, in characters; a longer one goes alone. */
const REQUEST_CHARS = 400_000;
const REASON_MAX = 2_000;

/** Embeds, keeps and reports what was claimed together. Whatever ends it, no item is left held. */
export async function work(items: readonly Item[], tools: Tools, cut: AbortSignal): Promise<void> {
  const held = new Map(items.map((item) => [item.item_id, item]));
  const over = new AbortController();
  const signal = AbortSignal.any([cut, over.signal]);
  const extending = extend(held, tools, over);
  try {
    for (const group of byTarget(items)) await embedAll(group, held, tools, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await giveBack(held, tools);
    over.abort();
    await extending;
  }
}

/** As long as anything is held, before its lease would lapse; what nobody wants any more is let go of. */
async function extend(held: Map<string, Item>, { api, tells }: Tools, over: AbortController): Promise<void> {
  while (!over.signal.aborted) {
    await sleep(EXTEND_MS, undefined, { signal: over.signal }).catch(() => {});
    if (over.signal.aborted || held.size === 0) continue;
    const results = [...held.values()].map(({ item_id, lease }) => ({ item_id, lease, status: 'working' }) as const);
    const answers = await api.report(results).catch(() => []);
    const lost = answers.filter(({ item_id, accepted }) => !accepted && held.delete(item_id));
    if (lost.length > 0) tells({ lost: lost.length });
    if (held.size === 0) over.abort();
  }
}

function byTarget(items: readonly Item[]): Item[][] {
  return [...Map.groupBy(items, (item) => JSON.stringify([item.provider_account_id, item.upstream_model])).values()];
}

async function embedAll(items: readonly Item[], held: Map<string, Item>, tools: Tools, signal: AbortSignal) {
  const read = await Promise.all(items.map((item) => outcome(tools.texts(item, signal), signal)));
  const withText = items.flatMap((item, at) => (typeof read[at] === 'string' ? [{ item, text: read[at] }] : []));
  const without = items.flatMap((item, at) => (read[at] instanceof Failure ? [{ item, failure: read[at] }] : []));
  await report([], without, held, tools);
  for (const part of parts(withText)) {
    const got = await vectorsOf(part, tools, signal);
    const kept = part.flatMap(({ item }, at) => (got[at] instanceof Failure ? [] : [{ item, vector: got[at]! }]));
    const failed = part.flatMap(({ item }, at) => (got[at] instanceof Failure ? [{ item, failure: got[at] }] : []));
    const wanted = kept.filter(({ item }) => held.has(item.item_id));
    if (wanted.length > 0) await tools.sink.keep(wanted, signal);
    await report(wanted, failed, held, tools);
  }
}

interface WithText {
  item: Item;
  text: string;
}

function* parts(all: readonly WithText[]): Generator<WithText[]> {
  let part: WithText[] = [];
  let chars = 0;
  for (const one of all) {
    if (part.length > 0 && chars + one.text.length > REQUEST_CHARS) {
      yield part;
      [part, chars] = [[], 0];
    }
    part.push(one);
    chars += one.text.length;
  }
  if (part.length > 0) yield part;
}

async function vectorsOf(part: readonly WithText[], tools: Tools, signal: AbortSignal) {
  const { provider_account_id: accountId, embedding_model_id: model } = part[0]!.item;
  const pace = tools.pace(accountId ?? `model ${model}`);
  await inTime(pace, signal);
  const got = await ask(part, pace, tools, signal);
  note(
    pace,
    got.some((one) => one instanceof AccountFailure),
  );
  return got;
}

async function ask(part: readonly WithText[], pace: Pace, tools: Tools, signal: AbortSignal) {
  const { provider_account_id: accountId, upstream_model: model, embedding_model_id: id } = part[0]!.item;
  const nowhere = new AccountFailure(`the model ${id} has no target that is in use`);
  if (accountId === null || model === null) return part.map(() => nowhere);
  const provider = await outcome(tools.provider(accountId), signal);
  if (provider instanceof Failure) return part.map(() => provider);
  const texts = part.map(({ text }) => text);
  return embed(texts, { provider, model, pace, signal, waits: tools.waits });
}

async function outcome<T>(of: Promise<T>, signal: AbortSignal): Promise<T | Failure> {
  try {
    return await of;
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error;
    return error;
  }
}

async function report(
  done: readonly Kept[],
  failed: readonly { item: Item; failure: Failure }[],
  held: Map<string, Item>,
  { api, tells }: Tools,
): Promise<void> {
  const results: Result[] = [
    ...done.map(({ item: { item_id, lease } }) => ({ item_id, lease, status: 'done' as const })),
    ...failed.map(({ item: { item_id, lease }, failure }) => ({
      ...{ item_id, lease, status: 'failed' as const },
      error: failure.message.slice(0, REASON_MAX),
    })),
  ].filter(({ item_id }) => held.has(item_id));
  if (results.length === 0) return;
  const refused = (await api.report(results)).filter(({ accepted }) => !accepted);
  for (const { item_id } of results) held.delete(item_id);
  const lost = new Set(refused.map(({ item_id }) => item_id));
  const counted = results.filter(({ item_id }) => !lost.has(item_id));
  const isDone = counted.filter(({ status }) => status === 'done').length;
  const failures = failed.filter(({ item }) => counted.some(({ item_id }) => item_id === item.item_id));
  tells({ done: isDone, failed: failures.map(({ failure }) => failure), lost: lost.size });
}

/** `failed` gives an item back at once; that it was handed out has counted as a try already, whatever is reported. */
async function giveBack(held: Map<string, Item>, { api, tells }: Tools): Promise<void> {
  if (held.size === 0) return;
  const error = 'given back: its worker was stopped';
  const results = [...held.values()].map(({ item_id, lease }) => ({
    item_id,
    lease,
    status: 'failed' as const,
    error,
  }));
  // Where nobody listens, the end of the lease gives it back.
  const isHeard = await api.report(results).then(
    () => true,
    () => false,
  );
  tells(isHeard ? { givenBack: held.size } : { lost: held.size });
  held.clear();
}
