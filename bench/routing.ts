/** The cost of a match and of a whole decision, at 10 and 10,000 policies: `npx node bench/routing.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MATCH_DEFAULTS, type Policy } from '../src/routing/facts.ts';
import { allMatches, buildIndex, matchesInOrder } from '../src/routing/match-index.ts';
import { compareRank, compile, firstFailing, readContext } from '../src/routing/matching.ts';
import { runCommand, startServer } from '../test/e2e/process.ts';
import { createClient } from '../test/harness.ts';
import { compare, print } from './measure.ts';

function policies(count: number): Policy[] {
  return Array.from({ length: count }, (_, at) => {
    const match = {
      ...MATCH_DEFAULTS,
      purpose: `purpose-${at % 500}`,
      endpointType: `type-${at % 20}`,
      tags: { team: `team-${at % 50}` },
    };
    return { id: `p${at}`, createdAt: String(at), priority: at % 10, match } as unknown as Policy;
  });
}

const context = readContext({ purpose: 'purpose-7', endpoint_type: 'type-7', tags: { team: 'team-7', other: 'x' } });
for (const count of [10, 10_000]) {
  const all = policies(count);
  const index = buildIndex(all);
  const compiled = all.map(compile).sort(compareRank);
  print(
    `a match among ${count} policies`,
    await compare(
      [
        { name: 'first match, by the index', run: () => matchesInOrder(index, context).next().value },
        { name: 'all matches, by the index', run: () => allMatches(index, context) },
        {
          name: 'first match, by a scan',
          run: () => compiled.find(({ conditions }) => !firstFailing(conditions, context)),
        },
      ],
      { runs: count > 1000 ? 100 : 2000 },
    ),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
const server = await startServer({ DATA_DIR: folder, RATE_LIMIT_PER_MINUTE: '0' });
const { org_id, token } = JSON.parse((await runCommand(['org', 'create', 'Bench'], { DATA_DIR: folder })).stdout);
const client = createClient(server.url, token);
const base = `/v1/orgs/${org_id}`;
const post = async (path: string, body: object) => (await client.rest('POST', base + path, body)).body;
const { workspace_id } = await post('/workspaces', { organization_id: org_id, name: 'W' });
const limits = { max_concurrency: 1_000_000, burst_size: 1_000_000 };
const { provider_account_id } = await post('/provider-accounts', {
  name: 'A',
  provider_type: 'openai',
  credentials_ref: 'env:X',
  rate_limit_policy: limits,
});
await post('/logical-models', {
  logical_model_id: 'm',
  name: 'm',
  category: 'chat',
  targets: [{ provider_account_id, upstream_model: 'u' }],
});
await post(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: 'm' });
for (const total of [10, 1_000]) {
  const { total: before } = (await client.rest('GET', `${base}/router-policies?limit=1`)).body;
  for (let at = before; at < total; at += 1)
    await post('/router-policies', { name: `P${at}`, match: { purpose: `p${at}` }, route_to: 'm' });
  const decide = () => client.rest('POST', `${base}/decisions`, { workspace_id, purpose: 'p7' });
  print(
    `a decision over HTTP with ${total} policies (one commit with fsync)`,
    await compare(
      [
        { name: 'GET /v1/me', run: () => client.rest('GET', '/v1/me') },
        {
          name: 'test-match',
          run: () => client.rest('POST', `${base}/router-policies/test-match`, { context: { purpose: 'p7' } }),
        },
        { name: 'decide', run: decide },
        { name: '64 decides at once, each', run: () => Promise.all(Array.from({ length: 64 }, decide)) },
      ],
      { rounds: 3, runs: 30 },
    ).then((rows) =>
      rows.map((row) =>
        row.name.startsWith('64') ? { ...row, perRunUs: row.perRunUs / 64, ratio: row.ratio / 64 } : row,
      ),
    ),
  );
}
server.child.kill('SIGTERM');
await server.exit;
rmSync(folder, { recursive: true, force: true });
