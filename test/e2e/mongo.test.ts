import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { REQUEST_MS } from '../../src/store/deadline.ts';
import { type Answer, createClient, freshMongoUri, MONGODB_URI, persist } from '../harness.ts';
import { startNetwork } from '../network.ts';
import { required } from '../required.ts';
import { type Running, runCommand, startServer } from './process.ts';

const places = [
  { name: 'sqlite', skip: false },
  { name: 'mongodb', skip: !MONGODB_URI },
];

describe.each(places)('two processes on $name', ({ name, skip }) => {
  let folder: string;
  let running: Running[] = [];
  let env: Record<string, string>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-two-'));
    env = {
      DATA_DIR: folder,
      RATE_LIMIT_PER_MINUTE: '0',
      ...(name === 'mongodb' && !skip ? { MONGODB_URI: freshMongoUri() } : {}),
    };
  });
  afterEach(async () => {
    for (const one of running) one.child.kill('SIGKILL');
    await Promise.all(running.map((one) => one.exit));
    running = [];
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.skipIf(skip)(
    '400 callers at a quota with room for 100: exactly 100; a revoked token dies in the other within a second',
    async () => {
      running = [await startServer(env), await startServer(env)];
      const { org_id, token } = JSON.parse((await runCommand(['org', 'create', 'Two'], env)).stdout);
      const [here, there] = running.map(({ url }) => createClient(url, token)) as [
        ReturnType<typeof createClient>,
        ReturnType<typeof createClient>,
      ];
      const base = `/v1/orgs/${org_id}`;
      const post = async (path: string, body: object) => (await here.rest('POST', base + path, body)).body;
      const { workspace_id } = await post('/workspaces', { organization_id: org_id, name: 'W' });
      const { provider_account_id } = await post('/provider-accounts', {
        name: 'A',
        provider_type: 'openai',
        credentials_ref: 'env:X',
        rate_limit_policy: { max_concurrency: 1000, burst_size: 1000 },
      });
      await post('/logical-models', {
        logical_model_id: 'm',
        name: 'm',
        category: 'chat',
        targets: [{ provider_account_id, upstream_model: 'u' }],
      });
      await post(`/workspaces/${workspace_id}/model-entitlements`, {
        logical_model_id: 'm',
        workspace_limits: { max_requests_per_month: 100 },
      });
      const decide = (at: number) =>
        persist(() =>
          (at % 2 ? here : there).rest(
            'POST',
            `${base}/decisions`,
            { workspace_id, logical_model_id: 'm' },
            { 'Idempotency-Key': `d${at}` },
          ),
        );
      // Forty at once are enough of a race; four hundred would only wait for each other.
      const clients = Array.from({ length: 40 }, async (_, client) => {
        const own: Answer[] = [];
        for (let at = client; at < 400; at += 40) own.push(await decide(at));
        return own;
      });
      const answers = (await Promise.all(clients)).flat();
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
      expect(answers.filter(({ body }) => body.admitted)).toHaveLength(100);
      const admitted = answers.filter(({ body }) => body.admitted).map(({ body }) => body.decision_id);
      await Promise.all(
        admitted.map((id, at) =>
          persist(() =>
            (at % 2 ? there : here).rest('POST', `${base}/decisions/${id}/outcome`, {
              success: true,
              input_tokens: 3,
              output_tokens: 0,
            }),
          ),
        ),
      );
      const entitlement = await there.rest('GET', `${base}/workspaces/${workspace_id}/model-entitlements/m`);
      expect(entitlement.body).toMatchObject({ request_count: 100, total_tokens: 300 });
      const made = await post('/tokens', { name: 'x', role: 'Viewer' });
      const dying = createClient(required(running[1]).url, made.token);
      expect((await dying.rest('GET', '/v1/me')).status).toBe(200);
      await here.rest('DELETE', `${base}/tokens/${made.token_id}`);
      await sleep(1_000);
      expect((await dying.rest('GET', '/v1/me')).status).toBe(401);
    },
  );
});

describe.skipIf(!MONGODB_URI)('copy', () => {
  test('moves an org to MongoDB and back, document by document; again changes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-copy-'));
    const uri = freshMongoUri();
    try {
      const first = JSON.parse((await runCommand(['org', 'create', 'Moved'], { DATA_DIR: join(folder, 'a') })).stdout);
      await runCommand(['org', 'create', 'Other'], { DATA_DIR: join(folder, 'a') });
      const there = ['copy', '--from', `sqlite:${join(folder, 'a', 'switchyard.db')}`, '--to', uri];
      for (let round = 0; round < 2; round += 1)
        expect((await runCommand(there, {})).stdout).toMatch(/^copied \d+ documents .* agree\n$/);
      const back = await runCommand(['copy', '--from', uri, '--to', `sqlite:${join(folder, 'b.db')}`], {});
      expect([back.code, back.stdout]).toEqual([0, expect.stringMatching(/agree\n$/)]);
      const server = await startServer({ DATA_DIR: folder, MONGODB_URI: uri });
      expect((await createClient(server.url, first.token).rest('GET', '/v1/me')).body.org_id).toBe(first.org_id);
      server.child.kill('SIGTERM');
      expect(await server.exit).toBe(0);
      expect((await runCommand(['copy', '--from', 'sqlite:/nope.db', '--to', uri], {})).stderr).toMatch(
        /^switchyard: copy: there is no file/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('waits for a batch that takes longer than a request may', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-copy-'));
    const uri = freshMongoUri();
    const network = await startNetwork(Number(new URL(uri).port));
    try {
      await runCommand(['org', 'create', 'Moved'], { DATA_DIR: folder });
      const words = ['copy', '--from', `sqlite:${join(folder, 'switchyard.db')}`, '--to'];
      await runCommand([...words, uri], {});
      network.stallAfter('upsert');
      const copying = runCommand([...words, network.through(uri)], {});
      await vi.waitUntil(() => network.isStalled, { timeout: 60_000, interval: 50 });
      await sleep(REQUEST_MS + 500);
      network.flow();
      expect(await copying).toMatchObject({ code: 0, stdout: expect.stringMatching(/agree\n$/) });
    } finally {
      await network.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('an unreachable MongoDB stops the start with one line', async () => {
    const { code, stderr } = await runCommand(['serve', '--no-demo'], {
      MONGODB_URI: 'mongodb://127.0.0.1:1/?directConnection=true',
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^switchyard: MONGODB_URI: the server cannot be reached.*\n$/),
    ]);
  });
});
