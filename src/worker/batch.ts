import { AccountFailure, Failure, ForLater, type Provider, resting } from './account.ts';
import type { Api, Item, Result } from './api.ts';
import { embed } from './embed.ts';
import { giveBack, type Held, hold } from './holding.ts';
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
  /** This job is for others, or for later. */
  leaves: (jobId: string, why: ForLater) => void;
}

/** Texts that one request carries, in characters; a longer one goes alone. */
const REQUEST_CHARS = 400_000;
const REASON_MAX = 2_000;

/** Embeds, keeps and reports what was claimed together. Whatever ends it, no item is left held. */
export async function work(items: readonly Item[], tools: Tools, stop: AbortSignal): Promise<void> {
  const held: Held = new Map(items.map((item) => [item.item_id, item]));
  const over = new AbortController();
  const holding = hold(held, tools, stop, over);
  try {
    for (const group of byTarget(items)) await embedAll(group, held, tools, over.signal);
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    over.abort();
    await holding;
  }
}

function byTarget(items: readonly Item[]): Item[][] {
  return [...Map.groupBy(items, (item) => JSON.stringify([item.provider_account_id, item.upstream_model])).values()];
}

async function embedAll(items: readonly Item[], held: Held, tools: Tools, signal: AbortSignal) {
  const read = await Promise.all(items.map((item) => outcome(tools.texts(item, signal), signal)));
  const withText = items.flatMap((item, at) => (typeof read[at] === 'string' ? [{ item, text: read[at] }] : []));
  const without = items.flatMap((item, at) => (read[at] instanceof Failure ? [{ item, failure: read[at] }] : []));
  await report([], without, held, tools);
  for (const part of parts(withText)) {
    const got = await vectorsOf(part, tools, signal);
    const kept = part.flatMap(({ item }, at) => (Array.isArray(got[at]) ? [{ item, vector: got[at] }] : []));
    const failed = part.flatMap(({ item }, at) => (got[at] instanceof Failure ? [{ item, failure: got[at] }] : []));
    await leave(failed, held, tools);
    const wanted = kept.filter(({ item }) => held.has(item.item_id));
    if (wanted.length > 0) await tools.sink.keep(wanted, signal);
    await report(wanted, failed, held, tools);
  }
}

interface Failed {
  item: Item;
  failure: Failure;
}

/** What is for later, or for others, goes back; the rest of its job is not claimed before. */
async function leave(failed: readonly Failed[], held: Held, tools: Tools): Promise<void> {
  const left = failed.flatMap(({ item, failure }) => (failure instanceof ForLater ? [{ item, failure }] : []));
  for (const { item, failure } of left) tools.leaves(item.job_id, failure);
  await giveBack(
    held,
    left.map(({ item }) => item),
    tools,
  );
}

interface WithText {
  item: Item;
  text: string;
}

type Part = [WithText, ...WithText[]];

function* parts(all: readonly WithText[]): Generator<Part> {
  let part: Part | null = null;
  let chars = 0;
  for (const one of all) {
    if (part && chars + one.text.length > REQUEST_CHARS) {
      yield part;
      [part, chars] = [null, 0];
    }
    if (part) part.push(one);
    else part = [one];
    chars += one.text.length;
  }
  if (part) yield part;
}

async function vectorsOf(part: Part, tools: Tools, signal: AbortSignal) {
  const { provider_account_id: accountId, embedding_model_id: model } = part[0].item;
  const pace = tools.pace(accountId ?? `model ${model}`);
  if (!(await inTime(pace, signal))) return part.map(() => resting(pace.why, pace.until));
  const got = await ask(part, pace, tools, signal);
  const failure = got.find((one) => one instanceof AccountFailure);
  if (!(failure instanceof ForLater)) note(pace, failure);
  return got;
}

async function ask(part: Part, pace: Pace, tools: Tools, signal: AbortSignal) {
  const { provider_account_id: accountId, upstream_model: model, embedding_model_id: id } = part[0].item;
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
  failed: readonly Failed[],
  held: Held,
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
  // What is being reported is not given back meanwhile.
  const reported = results.flatMap(({ item_id }) => held.get(item_id) ?? []);
  for (const { item_id } of results) held.delete(item_id);
  const answers = await api.report(results).catch((error: unknown) => {
    for (const item of reported) held.set(item.item_id, item);
    throw error;
  });
  const refused = answers.filter(({ accepted }) => !accepted);
  const lost = new Set(refused.map(({ item_id }) => item_id));
  const counted = results.filter(({ item_id }) => !lost.has(item_id));
  const isDone = counted.filter(({ status }) => status === 'done').length;
  const failures = failed.filter(({ item }) => counted.some(({ item_id }) => item_id === item.item_id));
  tells({ done: isDone, failed: failures.map(({ failure }) => failure), lost: lost.size });
}
