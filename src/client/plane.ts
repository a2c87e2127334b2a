import { within } from './clock.ts';
import { Rejected, Unreachable } from './errors.ts';
import { retryAfterMs } from './failures.ts';
import type { Account, DecideBody, Decision, Outcome, Wired } from './types.ts';

/** What is asked of the control plane, by nothing that is not in `/v1/openapi.json`. */
export interface Plane {
  decide(body: DecideBody): Promise<Decision>;
  account(id: string): Promise<Account | null>;
  report(decisionId: string, outcome: Outcome, untilMs: number): Promise<Decision>;
}

interface Ask {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  /** Given where a request that arrived may be sent again without happening twice. */
  key?: string;
  untilMs: number;
}

const CALL_MS = 10_000;
const PAUSE_MAX_MS = 5_000;
const ACCOUNT_KEPT_MS = 60_000;

export function createPlane(options: Wired): Plane {
  const { clock, random, uuid, decideMs } = options;
  const base = `${options.url.replace(/\/+$/, '')}/v1`;
  const accounts = new Map<string, { account: Promise<Account | null>; untilMs: number }>();
  const soon = () => clock.now() + decideMs;
  let org: Promise<string> | null = options.orgId === undefined ? null : Promise.resolve(options.orgId);

  /** Who is away or busy is asked again, as late as it says, until the time is over. */
  async function ask<T>({ body: given, ...request }: Ask): Promise<T> {
    // What cannot be written is the caller's mistake, and no sign that the control plane is away.
    const text = given === undefined ? null : JSON.stringify(given);
    for (let failed = 1; ; failed += 1) {
      const left = Math.max(1, Math.min(CALL_MS, request.untilMs - clock.now()));
      const { status, body, afterMs, cause } = await send({ ...request, text }, left);
      if (status >= 200 && status < 300) return body as T;
      const isPassing =
        status === 0 || status === 429 || status >= 500 || (status === 409 && request.key !== undefined);
      if (!isPassing) throw new Rejected(status, body);
      const pause = Math.max(afterMs ?? 0, Math.min(PAUSE_MAX_MS, 50 * 2 ** failed) * (0.5 + random() / 2));
      if (clock.now() + pause >= request.untilMs)
        throw new Unreachable(`the control plane ${status === 0 ? 'gave no answer' : `answered ${status}`}`, { cause });
      await clock.sleep(pause);
    }
  }

  async function send({ method, path, text, key }: Omit<Ask, 'body'> & { text: string | null }, ms: number) {
    const stop = new AbortController();
    try {
      const token = typeof options.token === 'string' ? options.token : await options.token();
      const headers = {
        Authorization: `Bearer ${token}`,
        ...(text === null ? {} : { 'Content-Type': 'application/json' }),
        ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      };
      const request = { method, headers, body: text, signal: stop.signal };
      const answer = options.fetch(base + path, request).then(async (response) => ({
        status: response.status,
        body: read(response, await response.text()),
        afterMs: retryAfterMs(response.headers, clock.now()),
        cause: undefined,
      }));
      return await within(clock, ms, stop, answer);
    } catch (cause) {
      return { status: 0, body: null, afterMs: null, cause };
    }
  }

  async function inOrg(path: string): Promise<string> {
    org ??= ask<{ org_id: string }>({ method: 'GET', path: '/me', untilMs: soon() }).then(({ org_id }) => org_id);
    const asked = org;
    try {
      return `/orgs/${encodeURIComponent(await asked)}${path}`;
    } catch (error) {
      if (org === asked) org = null;
      throw error;
    }
  }

  async function readAccount(id: string): Promise<Account | null> {
    try {
      const path = await inOrg(`/provider-accounts/${encodeURIComponent(id)}`);
      return await ask<Account>({ method: 'GET', path, untilMs: soon() });
    } catch (error) {
      if (error instanceof Rejected) return null;
      throw error;
    }
  }

  return {
    decide: async (body) =>
      ask({ method: 'POST', path: await inOrg('/decisions'), body, key: uuid(), untilMs: soon() }),
    async account(id) {
      const kept = accounts.get(id);
      if (kept && clock.now() < kept.untilMs) return kept.account;
      const account = readAccount(id);
      accounts.set(id, { account, untilMs: clock.now() + ACCOUNT_KEPT_MS });
      // What is known goes on while nobody says what is true now.
      return account.catch((error) => {
        if (kept) accounts.set(id, { ...kept, untilMs: clock.now() });
        else accounts.delete(id);
        if (kept) return kept.account;
        throw error;
      });
    },
    report: async (decisionId, outcome, untilMs) =>
      ask({
        method: 'POST',
        path: await inOrg(`/decisions/${encodeURIComponent(decisionId)}/outcome`),
        body: outcome,
        untilMs,
      }),
  };
}

/** A proxy before the control plane may refuse in words of its own. */
function read({ ok }: Response, text: string): unknown {
  try {
    return JSON.parse(text || 'null');
  } catch (error) {
    if (ok) throw error;
    return text;
  }
}
