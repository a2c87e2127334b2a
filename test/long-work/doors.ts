import type { Client, Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

/** What a worker holds, by the names of REST. */
export interface Item {
  item_id: string;
  job_id: string;
  kind: string;
  lease: string;
  lease_until: string;
  tries: number;
  subject: { type: string; id: string };
  namespace_id: string;
  embedding_model_id: string;
  provider_account_id: string | null;
  upstream_model: string | null;
}

export interface Report {
  item_id: string;
  lease: string;
  status: string;
  error?: string;
  overlap?: number;
  lease_seconds?: number;
}

export interface Result {
  item_id: string;
  accepted: boolean;
  reason: string | null;
  status: string | null;
  tries: number | null;
}

/** The same asked for by either door. */
export interface Door {
  name: string;
  claim(client: Client, orgId: string, input?: Record<string, unknown>): Promise<Item[]>;
  report(client: Client, orgId: string, results: Report[]): Promise<Result[]>;
  job(client: Client, orgId: string, jobId: string, verb?: 'retry' | 'cancel'): Promise<Record<string, unknown>>;
}

const rest: Door = {
  name: 'REST',
  async claim(client, orgId, input = {}) {
    return (await answered(client.rest('POST', `/v1/orgs/${orgId}/work-items/claim`, input))).items;
  },
  async report(client, orgId, results) {
    return (await answered(client.rest('POST', `/v1/orgs/${orgId}/work-items/report`, { results }))).results;
  },
  async job(client, orgId, jobId, verb) {
    const path = `/v1/orgs/${orgId}/jobs/${jobId}`;
    return answered(verb ? client.rest('POST', `${path}/${verb}`) : client.rest('GET', path));
  },
};

const ITEM = `item_id: itemId job_id: jobId kind lease lease_until: leaseUntil tries subject { type id: subjectId }
  namespace_id: namespaceId embedding_model_id: embeddingModelId provider_account_id: providerAccountId upstream_model: upstreamModel`;
const JOB = `job_id: jobId status error reason progress resource_id: resourceId
  quality_gate: qualityGate { min_overlap: minOverlap min_samples: minSamples }`;

const graphql: Door = {
  name: 'GraphQL',
  async claim(client, _orgId, input = {}) {
    const query = `mutation ($input: ClaimWorkItemsInput!) { claimWorkItems(input: $input) { items { ${ITEM} } } }`;
    return (await asked(client, query, { input: camelled(input) })).claimWorkItems.items;
  },
  async report(client, _orgId, results) {
    const query = `mutation ($input: ReportWorkItemsInput!) {
      reportWorkItems(input: $input) { results { item_id: itemId accepted reason status tries } } }`;
    return (await asked(client, query, { input: { results: results.map((one) => camelled(one)) } })).reportWorkItems
      .results;
  },
  async job(client, _orgId, jobId, verb) {
    if (!verb) return (await asked(client, `query ($id: ID!) { job(jobId: $id) { ${JOB} } }`, { id: jobId })).job;
    const query = `mutation ($id: ID!) { done: ${verb}Job(input: { jobId: $id }) { job { ${JOB} } } }`;
    return (await asked(client, query, { id: jobId })).done.job;
  },
};

export const doors = [rest, graphql];

async function answered(pending: ReturnType<Client['rest']>) {
  const { status, body, text } = await pending;
  if (status !== 200) throw new Error(text);
  return body;
}

async function asked(client: Client, query: string, variables: object) {
  const { body } = await client.graphql(query, variables as Record<string, unknown>);
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return body.data;
}

function camelled(input: object): Record<string, unknown> {
  const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [camel(name), value]));
}

/** A namespace with threads, and how to have it reindexed. */
export interface Reindexed extends Seeded {
  /** Answers the job's id. */
  reindex(more?: { qualityGate?: object }): Promise<string>;
  get(): Promise<Record<string, unknown>>;
}

let seeds = 0;

export async function seedThreads(
  tenant: Tenant,
  threads: number,
  {
    sources = [],
    client = tenant,
    isPrivate = false,
  }: { sources?: string[]; client?: Client; isPrivate?: boolean } = {},
): Promise<Reindexed> {
  seeds += 1;
  const seeded = await seed(tenant, `Search-${seeds}`);
  const targets = [{ provider_account_id: seeded.accountId, upstream_model: 'text-embedding-3' }];
  await tenant.rest('PATCH', `${tenant.base}/logical-models/${seeded.embeddingId}`, { targets });
  const made = await client.rest('POST', `${seeded.app}/namespaces`, {
    name: 'Memory',
    environment_id: seeded.environmentId,
    source_ids: sources,
    is_private: isPrivate,
  });
  const namespaceId = made.body.namespace.namespace_id as string;
  const namespace = `${seeded.app}/namespaces/${namespaceId}`;
  for (let at = 0; at < threads; at += 1) await client.rest('POST', `${namespace}/threads/t${at}`);
  const query = `mutation ($input: ReindexNamespaceInput!) { reindexNamespace(input: $input) { namespace { id } } }`;
  return {
    ...seeded,
    namespaceId,
    namespace,
    async reindex(more = {}) {
      await asked(client, query, { input: { namespaceId, newEmbeddingModelId: seeded.embeddingId, ...more } });
      const { jobs } = await answered(client.rest('GET', `${tenant.base}/jobs`));
      return jobs.find((job: { resource_id: string }) => job.resource_id === namespaceId).job_id;
    },
    get: () => answered(client.rest('GET', namespace)),
  };
}
