import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from './harness.ts';
import { required } from './required.ts';

const FIELDS = `decisionId workspaceId policyId logicalModelId providerAccountId admitted createdAt refusal { code }`;
const ARGS = `$workspaceId: ID, $policyId: ID, $logicalModelId: ID, $providerAccountId: ID, $admitted: Boolean, $refusalCode: DecisionRefusalCode,
  $since: DateTime, $until: DateTime, $after: String, $first: Int`;
const PASSED = [...ARGS.matchAll(/\$(\w+)/g)].map(([, name]) => `${name}: $${name}`).join(', ');
const LIST = `query ($orgId: ID!, ${ARGS}) {
  decisions(${PASSED}) { totalCount pageInfo { hasNextPage endCursor } nodes { ${FIELDS} } }
  organization(orgId: $orgId) { decisions(${PASSED}) { totalCount nodes { decisionId } } } }`;

type Made = Record<string, unknown> & { decisionId: string; createdAt: string; refusal: { code: string } | null };
type Filter = Record<string, unknown>;

function passes(one: Made, { since, until, refusalCode, ...equal }: Filter): boolean {
  if (since !== undefined && one.createdAt < String(since)) return false;
  if (until !== undefined && one.createdAt >= String(until)) return false;
  if (refusalCode !== undefined && one.refusal?.code !== refusalCode) return false;
  return Object.entries(equal).every(([name, value]) => one[name] === value);
}

describeEngines('filters of the decisions', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let all: Made[];
  const workspaces: string[] = [];

  const make = async (path: string, body: object) => {
    const answer = await tenant.rest('POST', tenant.base + path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const read = async (variables: object) => {
    const { body } = await tenant.graphql(LIST, { orgId: tenant.orgId, first: 200, ...variables });
    expect(body.errors).toBeUndefined();
    return body.data;
  };

  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org('filters');
    for (const name of ['A', 'B'])
      workspaces.push((await make('/workspaces', { organization_id: tenant.orgId, name })).workspace_id);
    for (const id of ['m', 'n']) {
      const account = { name: id, provider_type: 'openai', credentials_ref: 'env:X' };
      const { provider_account_id } = await make('/provider-accounts', account);
      const targets = [{ provider_account_id, upstream_model: 'up' }];
      await make('/logical-models', { logical_model_id: id, name: id, category: 'chat', targets });
      for (const workspace of workspaces)
        await make(`/workspaces/${workspace}/model-entitlements`, { logical_model_id: id });
      await make('/router-policies', { name: id, match: { purpose: id }, route_to: id });
    }
    for (const workspace_id of workspaces)
      for (const asked of [{ purpose: 'm' }, { purpose: 'n' }, { logical_model_id: 'm' }, { purpose: 'x' }]) {
        await make('/decisions', { workspace_id, ...asked });
        harness.clock.offsetMs += 1000;
      }
    all = (await read({})).decisions.nodes;
    expect(all).toHaveLength(8);
  });
  afterAll(() => harness.close());

  /** Every value of every field, and the moments of the decisions in the midst. */
  const singles = (): Filter[] => {
    const names = ['workspaceId', 'policyId', 'logicalModelId', 'providerAccountId', 'admitted'];
    const equal = names.flatMap((name) =>
      [...new Set(all.map((one) => one[name]))].flatMap((value) => (value == null ? [] : [{ [name]: value }])),
    );
    const [late, early] = [required(all[2]).createdAt, required(all[5]).createdAt];
    const codes = new Set(all.flatMap(({ refusal }) => (refusal ? [refusal.code] : [])));
    expect(codes.size).toBe(1);
    return [
      ...equal,
      ...[...codes, 'PURPOSE_NOT_ALLOWED'].map((refusalCode) => ({ refusalCode })),
      { since: early },
      { until: late },
      { policyId: 'none' },
    ];
  };

  test('each filter alone and with each other one leaves what a look at all decisions leaves', async () => {
    const filters = singles();
    const pairs = filters.flatMap((one, at) => filters.slice(at).map((other) => ({ ...one, ...other })));
    for (const filter of pairs) {
      const wanted = all.filter((one) => passes(one, filter)).map(({ decisionId }) => ({ decisionId }));
      const { decisions, organization } = await read(filter);
      const nodes = decisions.nodes.map(({ decisionId }: Made) => ({ decisionId }));
      expect({ filter, nodes }).toEqual({ filter, nodes: wanted });
      expect(decisions.totalCount).toBe(wanted.length);
      expect(organization.decisions).toEqual({ totalCount: wanted.length, nodes: wanted });
    }
  });

  test('a filtered list is walked page by page', async () => {
    const found: Made[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { decisions } = await read({ admitted: true, first: 2, after });
      found.push(...decisions.nodes);
      ({ hasNextPage: more, endCursor: after } = decisions.pageInfo);
    }
    expect(found).toEqual(all.filter(({ admitted }) => admitted));
  });

  test('a moment or a reason that is none is refused', async () => {
    for (const wrong of [{ since: 'yesterday' }, { refusalCode: 'NONE' }]) {
      const { body } = await tenant.graphql(LIST, { orgId: tenant.orgId, ...wrong });
      expect(body.errors).toHaveLength(1);
    }
  });
});
