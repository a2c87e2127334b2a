/** The data that every server answers from: made through the product's own REST, then given to the peers. */

import { collections } from '../../src/catalog/collections.ts';
import { routerPolicies } from '../../src/nouns/router-policies/model.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import { required } from '../../test/required.ts';
import type { Doc, Documents } from './documents.ts';

export interface World {
  orgId: string;
  token: string;
  documents: Documents;
  policies: number;
  /** Where namespaces are created, so that the pages that are read stay as they are. */
  spare: { workspaceId: string; appId: string; environmentId: string };
}

interface Place {
  url: string;
  orgId: string;
  token: string;
}

/** A page of 50 is never the whole list, however many there are. */
const EACH = 100;
const APPS = 10;
const ENVIRONMENTS = ['Development', 'Staging', 'Production'];
const PURPOSES = 500;
const MODELS = 10;

export async function makeWorld(place: Place, namespaces: number, policies: number): Promise<World> {
  const create = creator(place);
  const documents: Documents = { workspaces: [], environments: [], apps: [], namespaces: [] };
  for (const workspace of range(Math.ceil(namespaces / (APPS * EACH)))) {
    const body = { organization_id: place.orgId, name: `Workspace ${workspace}` };
    const { workspace_id: workspaceId } = await create('/workspaces', body, documents.workspaces);
    const base = `/workspaces/${workspaceId}`;
    for (const name of ENVIRONMENTS) await create(`${base}/environments`, { name }, documents.environments);
    for (const app of range(APPS)) {
      const { app_id: appId } = await create(`${base}/apps`, { name: `App ${app}` }, documents.apps);
      const environments = documents.environments.slice(-ENVIRONMENTS.length);
      const bodyOf = (at: number) =>
        namespaceBody(`Namespace ${at}`, required(environments[at % environments.length]).id);
      await inTurns(EACH, (at) => create(`${base}/apps/${appId}/namespaces`, bodyOf(at), documents.namespaces));
    }
  }
  await makePolicies(create, documents.workspaces, policies);
  const spare = await makeSpare(place.orgId, create);
  return { orgId: place.orgId, token: place.token, documents, policies, spare };
}

async function makeSpare(orgId: string, create: Create): Promise<World['spare']> {
  const { workspace_id } = await create('/workspaces', { organization_id: orgId, name: 'Spare' }, []);
  const base = `/workspaces/${workspace_id}`;
  const { environment_id } = await create(`${base}/environments`, { name: 'Production' }, []);
  const { app_id } = await create(`${base}/apps`, { name: 'Spare' }, []);
  return { workspaceId: String(workspace_id), appId: String(app_id), environmentId: String(environment_id) };
}

/** A document of 1.1 KB, as stored. */
export function namespaceBody(name: string, environmentId: string): Record<string, unknown> {
  return {
    name,
    environment_id: environmentId,
    description: 'What the support team knows of orders, refunds and deliveries. '.repeat(6).trim(),
    context_type: 'support',
    tags: ['support', 'orders', 'refunds'],
    source_ids: ['src-handbook', 'src-tickets', 'src-faq'],
  };
}

/** One account, model and target for each tenth of the policies, and the first of these. */
async function makePolicies(create: Create, workspaces: readonly Doc[], count: number): Promise<void> {
  const limits = { max_concurrency: 1_000_000, burst_size: 1_000_000 };
  for (const at of range(MODELS)) {
    const account = { name: `Account ${at}`, provider_type: 'openai', credentials_ref: 'env:X' };
    const { provider_account_id } = await create('/provider-accounts', { ...account, rate_limit_policy: limits }, []);
    const targets = [{ provider_account_id, upstream_model: 'upstream' }];
    const model = { logical_model_id: modelOf(at), name: `Model ${at}`, category: 'chat', targets };
    await create('/logical-models', model, []);
    for (const { id } of workspaces)
      await create(`/workspaces/${id}/model-entitlements`, { logical_model_id: modelOf(at) }, []);
  }
  const policy = { name: 'Policy 0', match: matchOf(0), route_to: modelOf(0), circuit_breaker: PATIENT };
  if (count > 0) await create('/router-policies', policy, []);
}

/** D1's decisions are never reported: by the usual threshold they would be taken for calls that hang, and open every breaker within its rounds. */
const PATIENT = { latency_threshold_ms: 3_600_000 };

/**
 * The other policies, each met by one purpose and one tag, as copies of the first: each that is created is compared with
 * all that are there, which would take longer than all measurements together.
 */
export async function loadPolicies(file: string, count: number): Promise<void> {
  const { collection } = routerPolicies;
  const store = openSqlite({ file, collections, now: () => new Date().toISOString() });
  const [first] = store.scan(collection, null, 1);
  const others = range(count)
    .slice(1)
    .map((at) => ({
      ...required(first),
      id: `pol_${String(at).padStart(26, '0')}`,
      name: `Policy ${at}`,
      match: { ...required(first).match, ...matchOf(at) },
      routeTo: modelOf(at),
    }));
  await store.load(collection, others);
  await store.close();
}

const modelOf = (at: number) => `model-${at % MODELS}`;
export const matchOf = (at: number) => ({ purpose: `purpose-${at % PURPOSES}`, tags: { team: `team-${at}` } });

export const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Thirty-two at a time. */
async function inTurns(count: number, work: (at: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(range(32).map(worker));
}

type Create = ReturnType<typeof creator>;

function creator({ url, orgId, token }: Place) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  return async (path: string, body: unknown, into: Doc[]): Promise<Record<string, unknown>> => {
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${url}/v1/orgs/${orgId}${path}`, init);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
    const told = (await answer.json()) as Record<string, unknown>;
    const made = (told.namespace ?? told) as Record<string, unknown>;
    into.push(toDoc(made, orgId));
    return made;
  };
}

/** Names in camelCase, as the product and the peers store them; the noun's own id becomes `id`. */
function toDoc(rest: Record<string, unknown>, orgId: string): Doc {
  const [own] = Object.keys(rest);
  const entries = Object.entries(rest).map(([key, value]) => [key === own ? 'id' : camel(key), value]);
  return { orgId, ...(Object.fromEntries(entries) as Doc) };
}

const camel = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
