import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { openApiDocument } from '../../src/rest/openapi/document.ts';
import type { Row } from '../../src/rest/row.ts';
import { type Answer, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { parametersOf, type Seeded, seed } from '../seed.ts';

// biome-ignore lint/suspicious/noExplicitAny: OpenAPI documents are walked as plain JSON.
type Json = any;

const own: Json = JSON.parse(JSON.stringify(openApiDocument(schema, rows)));
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'doc', components: own.components });

let harness: Harness;
let tenant: Tenant;
let seeded: Seeded;
/** Ids by their names, those of what was made last. */
let known: Record<string, string>;
beforeAll(async () => {
  harness = await startHarness();
  tenant = await harness.org();
  seeded = await seed(tenant);
  known = {
    ...parametersOf(tenant, seeded),
    organization_id: tenant.orgId,
    route_to: seeded.modelId,
    member_id: tenant.memberId,
  };
});
afterAll(() => harness.close());

const operationOf = ({ path, method }: Row) => own.paths[path][method.toLowerCase()];

/** What the example of a body has to say here to be carried out. */
const SAID: Record<string, object> = {
  create_logical_model: { logical_model_id: 'another', category: 'embedding' },
  create_webhook: { url: 'https://switchyard.invalid/' },
  create_member: { role: 'Viewer' },
  grant_model_entitlement: { logical_model_id: 'another' },
  reindex_namespace: { new_embedding_model_id: 'another' },
};

async function ask(row: Row): Promise<Answer> {
  const path = row.path.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(known[name] ?? 'some'));
  const name = operationOf(row).requestBody?.content['application/json'].schema.$ref?.split('/').pop();
  if (!name) return tenant.rest(row.method, path);
  if (row.method !== 'POST') return tenant.rest(row.method, path, {});
  const example: object = own.components.schemas[name].examples?.[0] ?? {};
  const body = Object.entries(example).map(([key, value]) => [key, known[key] ?? value]);
  return tenant.rest('POST', path, { ...Object.fromEntries(body), ...SAID[row.operationId] });
}

/** Ids that a reply shows, its own or those of a list's first. */
function learn(body: Json): void {
  const shown = Object.values<Json>(body ?? {}).find(Array.isArray)?.[0] ?? body;
  for (const [name, value] of Object.entries<Json>(shown ?? {}))
    if (name.endsWith('_id') && typeof value === 'string') known[name] ??= value;
}

function isAsDocumented(row: Row, answer: Answer): void {
  const { content } = required(operationOf(row).responses[answer.status]);
  const reply = content?.['application/json'].schema.$ref;
  if (!reply) return expect([row.operationId, answer.text]).toEqual([row.operationId, '']);
  const isValid = required(ajv.getSchema(`doc${reply}`));
  expect([row.operationId, isValid(answer.body), isValid.errors]).toEqual([row.operationId, true, null]);
}

/** What they need comes by itself, or has gone by then: they are tried with the jobs and the webhooks. */
const ELSEWHERE = ['cancel_reindex', 'retry_job', 'get_webhook_delivery', 'redeliver_webhook_delivery'];

const by = (...methods: string[]) => rows.filter(({ method }) => methods.includes(method));
test('each row that succeeds answers what the document says of it', async () => {
  const succeeded = new Set<string>();
  // What is made by one of them may be what another one needs.
  const order = [
    ...by('POST'),
    ...by('POST'),
    ...by('GET'),
    ...by('POST'),
    ...by('PATCH', 'PUT'),
    ...by('DELETE').reverse(),
  ];
  for (const row of order) {
    const answer = await ask(row);
    isAsDocumented(row, answer);
    if (answer.status >= 300) continue;
    succeeded.add(row.operationId);
    learn(answer.body);
  }
  const told = rows.filter((row) => row.reply !== null).map(({ operationId }) => operationId);
  expect(told.filter((id) => !succeeded.has(id) && !ELSEWHERE.includes(id))).toEqual([]);
});
