import { type Call, call, Unanswered } from './http.ts';

export interface Item {
  item_id: string;
  job_id: string;
  lease: string;
  subject: { type: 'thread' | 'source'; id: string };
  namespace_id: string;
  workspace_id: string;
  embedding_model_id: string | null;
  provider_account_id: string | null;
  upstream_model: string | null;
}

export interface Result {
  item_id: string;
  lease: string;
  status: 'done' | 'failed' | 'working';
  error?: string;
  lease_seconds?: number;
}

export interface Reported {
  item_id: string;
  accepted: boolean;
  reason: 'stale' | 'cancelled' | 'unknown' | null;
}

export interface Job {
  job_id: string;
  kind: string;
  status: string;
  resource_type: string;
  resource_id: string;
  progress: { total: number; done: number; failed: number; percent: number };
  error: string | null;
}

export interface Account {
  provider_type: string;
  credentials_ref: string;
}

/** What a worker asks of Switchyard: nothing that is not in `/v1/openapi.json`. */
export interface Api {
  claim(body: {
    limit: number;
    lease_seconds: number;
    wait_seconds: number;
    worker: string;
    job_id?: string;
  }): Promise<Item[]>;
  report(results: readonly Result[]): Promise<Reported[]>;
  account(id: string): Promise<Account>;
  job(id: string): Promise<Job>;
  /** The newest first. */
  jobs(): Promise<Job[]>;
}

export interface ApiOptions {
  url: string;
  token: string;
  signal: AbortSignal;
  waits?: Call['waits'];
}

const CALL_MS = 30_000;
const ANSWER_BYTES = 8 * 2 ** 20;
/** Longer than any lease: what has to be told is told as soon as somebody listens again. */
const TRIES = 200;

/** Finds out whose token it is; what is wrong with it, or with the address, is said at once. Who is busy, or about to serve, is waited for by those who say so (`waits`). */
export async function connect({ url, token, signal, waits }: ApiOptions): Promise<Api & { orgId: string }> {
  const ask = async <T>(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    { tries = TRIES, mustBeThere = false } = {},
  ) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const limits = { timeoutMs: CALL_MS, maxBytes: ANSWER_BYTES, tries, mustBeThere };
    const answer = await call({ url: `${url}/v1${path}`, method, headers, body: text, signal, waits, ...limits });
    return readJson<T>(answer);
  };
  const { org_id: orgId } = await ask<{ org_id?: unknown }>('GET', '/me', undefined, {
    tries: waits ? TRIES : 1,
    mustBeThere: true,
  });
  if (typeof orgId !== 'string') throw notOurs();
  const org = `/orgs/${encodeURIComponent(orgId)}`;
  return {
    orgId,
    claim: async (body) => (await ask<{ items: Item[] }>('POST', `${org}/work-items/claim`, body)).items,
    report: async (results) =>
      (await ask<{ results: Reported[] }>('POST', `${org}/work-items/report`, { results })).results,
    account: (id) => ask<Account>('GET', `${org}/provider-accounts/${encodeURIComponent(id)}`),
    job: (id) => ask<Job>('GET', `${org}/jobs/${encodeURIComponent(id)}`, undefined, { tries: 1 }),
    jobs: async () => (await ask<{ jobs: Job[] }>('GET', `${org}/jobs?limit=200`, undefined, { tries: 3 })).jobs,
  };
}

function notOurs(): Unanswered {
  return new Unanswered('answered, but not as Switchyard does', 200);
}

function readJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw notOurs();
  }
}
