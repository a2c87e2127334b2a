import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { type Seeded, seed } from '../seed.ts';

/** As long may another process go on by what it knew (contract, section 5). */
const ELSEWHERE_MS = 1_100;

interface Begun {
  end(): Promise<{ status: number; text: string }>;
}

/** Sends a request's head and a part of its body; the rest when it is asked for the answer. */
function begin(url: string, token: string, path: string, body: unknown): Begun {
  const text = JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
    'Transfer-Encoding': 'chunked',
  };
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const sent = request(url + path, { method: 'POST', headers, agent: false }, async (answer) => {
    let answered = '';
    for await (const piece of answer) answered += String(piece);
    resolve({ status: answer.statusCode ?? 0, text: answered });
  });
  sent.on('error', reject);
  sent.write(text.slice(0, 5));
  return {
    end() {
      sent.end(text.slice(5));
      return promise;
    },
  };
}

describeEngines('a token that is revoked while its request goes on', (engine) => {
  let harness: Harness;
  let other: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    other = await harness.again();
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(async () => {
    await other.close();
    await harness.close();
  });

  const revoke = (tokenId: string) => tenant.rest('DELETE', `${tenant.base}/tokens/${tokenId}`);
  const apps = async () => (await tenant.rest('GET', `${seeded.workspace}/apps`)).body.total as number;

  test('changes nothing any more, however late its body comes', async () => {
    const before = await apps();
    const { workspaceId } = seeded;
    const query = 'mutation($input: CreateAppInput!){createApp(input:$input){app{appId}}}';
    for (const { url } of [harness, other]) {
      const { token, tokenId } = await tenant.as({ role: 'Admin' });
      const begun = [
        begin(url, token, `${seeded.workspace}/apps`, { name: 'Late' }),
        begin(url, token, '/graphql', { query, variables: { input: { workspaceId, name: 'Later' } } }),
      ];
      await sleep(50);
      await revoke(tokenId);
      if (url === other.url) await sleep(ELSEWHERE_MS);
      for (const one of begun) {
        const { status, text } = await one.end();
        expect([status, text]).toEqual([401, expect.stringContaining('AUTHENTICATION_FAILED')]);
      }
    }
    expect(await apps()).toBe(before);
  });

  test('claims nothing any more, however long it has waited', async () => {
    const body = { name: 'Waited for', environment_id: seeded.environmentId, source_ids: ['one'] };
    const made = await tenant.rest('POST', `${seeded.app}/namespaces`, {
      ...body,
      embedding_model_id: seeded.embeddingId,
    });
    const { namespace_id: id } = made.body.namespace;
    const claim = { wait_seconds: 20 };
    const waiting = await Promise.all(
      [harness, other].map(async ({ url }) => {
        const { token, tokenId } = await tenant.as({ permissions: ['jobs:work', 'namespaces:read'] });
        return { tokenId, answer: begin(url, token, `${tenant.base}/work-items/claim`, claim).end() };
      }),
    );
    const narrowed = await tenant.as({ permissions: ['jobs:work', 'namespaces:read'] });
    const forbidden = begin(harness.url, narrowed.token, `${tenant.base}/work-items/claim`, claim).end();
    await sleep(100);
    for (const { tokenId } of waiting) await revoke(tokenId);
    await tenant.rest('PATCH', `${tenant.base}/tokens/${narrowed.tokenId}`, { permissions: ['namespaces:read'] });
    await sleep(ELSEWHERE_MS);
    const reindex = { new_embedding_model_id: seeded.embeddingId };
    await tenant.rest('POST', `${seeded.app}/namespaces/${id}/reindex`, reindex);
    for (const { answer } of waiting) expect((await answer).status).toBe(401);
    const { status, text } = await forbidden;
    expect([status, JSON.parse(text).details]).toEqual([403, { required_permission: 'jobs:work' }]);
    const left = await tenant.rest('POST', `${tenant.base}/work-items/claim`, {});
    expect(left.body.items).toHaveLength(1);
  });
});
