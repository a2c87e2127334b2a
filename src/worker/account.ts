import type { Account, Api } from './api.ts';
import { Unanswered } from './http.ts';

/** Where embeddings are asked for, and with which key. */
export interface Provider {
  baseUrl: string;
  apiKey: string;
}

/** Why an item cannot be embedded, for those who see its job. */
export class Failure extends Error {}

/** No fault of the item: others of its account, or model, fare no better. */
export class AccountFailure extends Failure {}

/** Providers that speak OpenAI's protocol at an address of their own. */
const BASE_URLS: Record<string, string> = {
  openai: 'https://api.openai.com/v1',
  google_gemini: 'https://generativelanguage.googleapis.com/v1beta/openai',
  mistral: 'https://api.mistral.ai/v1',
  together: 'https://api.together.xyz/v1',
};
/** An account that is changed meanwhile is read again. */
const KEPT_MS = 30_000;
const KEPT_MAX = 1_000;

/** No failure at all: others may do it, or the same worker from then on (milliseconds of the monotonic clock). */
export class ForLater extends AccountFailure {
  readonly untilMs: number;
  constructor(message: string, untilMs: number) {
    super(message);
    this.untilMs = untilMs;
  }
}

/** Then it is tried again: the account may be another by now. */
const LATER_MS = 60_000;

/** Until when an account is left alone that is to rest till then. */
export function resting(why: string, untilMs: number): ForLater {
  return new ForLater(why, Math.min(untilMs, performance.now() + LATER_MS));
}

export type Env = Record<string, string | undefined>;

/** Finds the provider of an account by its reference, in the worker's own environment. */
export function createProviders(api: Pick<Api, 'account'>, env: Env): (accountId: string) => Promise<Provider> {
  const kept = new Map<string, { until: number; account: Promise<Account> }>();
  return async (id) => {
    const known = kept.get(id);
    if (known && known.until > performance.now()) return providerOf(await known.account, env);
    if (kept.size >= KEPT_MAX) kept.clear();
    const account = api.account(id);
    kept.set(id, { until: performance.now() + KEPT_MS, account });
    try {
      return providerOf(await account, env);
    } catch (error) {
      kept.delete(id);
      throw error instanceof Unanswered ? new AccountFailure(`its provider account ${id} ${error.message}`) : error;
    }
  };
}

function providerOf({ credentials_ref: reference, provider_type: type }: Account, env: Env): Provider {
  const name = /^env:(.+)$/.exec(reference)?.[1];
  if (name === undefined) {
    const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(reference)?.[0] ?? '';
    const why = `the credentials are kept by ${scheme}…, and this worker reads env:NAME alone`;
    throw new ForLater(why, performance.now() + LATER_MS);
  }
  const value = env[name];
  if (!value) throw new AccountFailure(`the variable ${name} is not set where the worker runs`);
  const { apiKey, baseUrl = BASE_URLS[type] } = parsed(value);
  if (!apiKey) throw new AccountFailure(`the variable ${name} holds no key`);
  if (baseUrl === undefined)
    throw new AccountFailure(`the variable ${name} names no base_url, and ${type} has none of its own`);
  if (!/^https?:/.test(baseUrl) || !URL.canParse(baseUrl))
    throw new AccountFailure(`the base_url of the variable ${name} is no address`);
  return { apiKey, baseUrl: baseUrl.replace(/\/+$/, '') };
}

/** A key, or JSON `{api_key, base_url}`; what begins as JSON is never sent as a key. */
function parsed(value: string): Partial<Provider> {
  if (!value.trimStart().startsWith('{')) return { apiKey: value.trim() };
  try {
    const { api_key: apiKey, base_url: baseUrl } = JSON.parse(value) as Record<string, unknown>;
    if (typeof apiKey !== 'string' || (baseUrl !== undefined && typeof baseUrl !== 'string')) return {};
    return { apiKey, ...(baseUrl === undefined ? {} : { baseUrl }) };
  } catch {
    return {};
  }
}
