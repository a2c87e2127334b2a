import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

describeEngines('races', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());
  const rounds = engine === 'sqlite' ? 10 : 5;
  const parallel = <T>(count: number, work: (at: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, at) => work(at)));

  test('64 parallel creates of one name: one 201, 63 × 409, one row', async () => {
    const names = ['Straße', 'STRAßE'];
    const answers = await parallel(64, (at) =>
      tenant.rest('POST', `${seeded.workspace}/apps`, { name: names[at % 2] }),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(63);
  });

  test('32 updates under one ETag: one 200, 31 × 412; with re-read and retry all are there', async () => {
    const tag = required((await tenant.rest('GET', seeded.app)).headers.get('etag'));
    const once = await parallel(32, (at) =>
      tenant.rest('PATCH', seeded.app, { description: `edit ${at}` }, { 'If-Match': tag }),
    );
    expect([200, 412].map((status) => once.filter((answer) => answer.status === status).length)).toEqual([1, 31]);
    await tenant.rest('PATCH', seeded.app, { tags: [] });
    // Each round of them lets one through: the rounds grow with the square.
    const editors = engine === 'sqlite' ? 32 : 16;
    await parallel(editors, async (at) => {
      for (;;) {
        const read = await tenant.rest('GET', seeded.app);
        const answer = await tenant.rest(
          'PATCH',
          seeded.app,
          { tags: [...read.body.tags, `t${at}`] },
          { 'If-Match': required(read.headers.get('etag')) },
        );
        if (answer.status === 200) return;
        expect(answer.status).toBe(412);
      }
    });
    expect((await tenant.rest('GET', seeded.app)).body.tags).toHaveLength(editors);
  });

  test('a workspace deleted against 32 creators below it: no orphan, no 500', async () => {
    const rounds = engine === 'sqlite' ? 50 : 8;
    for (let round = 0; round < rounds; round += 1) {
      const made = await tenant.rest('POST', `${tenant.base}/workspaces`, {
        organization_id: tenant.orgId,
        name: `race ${round}`,
      });
      const path = `${tenant.base}/workspaces/${made.body.workspace_id}`;
      const [deleted, ...creates] = await Promise.all([
        tenant.rest('DELETE', path),
        ...Array.from({ length: 32 }, (_, at) => tenant.rest('POST', `${path}/apps`, { name: `app ${at}` })),
      ]);
      expect(required(deleted).status).toBe(200);
      for (const create of creates) expect([201, 404]).toContain(create.status);
      expect((await tenant.rest('GET', `${path}/apps`)).status).toBe(404);
    }
  });

  test('the default environment moves without ever being two or none', async () => {
    const ids = (await tenant.rest('GET', `${seeded.workspace}/environments`)).body.environments.map(
      (one: { environment_id: string }) => one.environment_id,
    );
    for (let at = 0; at < 3; at += 1)
      ids.push(
        (await tenant.rest('POST', `${seeded.workspace}/environments`, { name: `env ${at}` })).body.environment_id,
      );
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(
        ids.map((id: string) => tenant.rest('PATCH', `${seeded.workspace}/environments/${id}`, { is_default: true })),
      );
      for (const answer of answers) expect(answer.status).toBe(200);
      const { environments } = (await tenant.rest('GET', `${seeded.workspace}/environments`)).body;
      expect(environments.filter((one: { is_default: boolean }) => one.is_default)).toHaveLength(1);
    }
  });

  test('of two Admins removed at once one remains', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const org = await harness.org(`admins ${round}`);
      const second = await org.rest('POST', `${org.base}/members`, { email: 'b@b.b', role: 'Admin' });
      const service = await org.as({ role: 'Admin' });
      const answers = await Promise.all(
        [org.memberId, second.body.member_id].map((id) => service.rest('DELETE', `${org.base}/members/${id}`)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    }
  });

  test('a fallback cycle cannot be closed by two changes at once', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [a, b] = [`a-${round}`, `b-${round}`];
      for (const id of [a, b])
        await tenant.rest('POST', `${tenant.base}/logical-models`, {
          logical_model_id: id,
          name: id,
          category: 'chat',
        });
      const answers = await Promise.all(
        [
          [a, b],
          [b, a],
        ].map(([from, to]) => tenant.rest('PATCH', `${tenant.base}/logical-models/${from}`, { fallback: to })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    }
  });

  test('a cursor walk during inserts and deletes shows every lasting row exactly once', async () => {
    const rows = engine === 'sqlite' ? 1_000 : 200;
    const { body: app } = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'Walked' });
    const list = `${seeded.workspace}/apps/${app.app_id}/namespaces`;
    // A busy machine may refuse some of a hundred at once; nothing was done then, and the caller tries again.
    const create = async (name: string): Promise<string> => {
      const { status, body } = await tenant.rest('POST', list, { name, environment_id: seeded.environmentId });
      if (status === 503) return sleep(100).then(() => create(name));
      return body.namespace.namespace_id;
    };
    const made: string[] = [];
    while (made.length < rows) {
      const before = made.length;
      made.push(...(await parallel(100, (at) => create(`row ${before + at}`))));
    }
    const [lasting, doomed] = [made.filter((_, at) => at % 10 !== 0), made.filter((_, at) => at % 10 === 0)];
    const noise = (async () => {
      for (const [at, id] of doomed.entries()) {
        await tenant.rest('DELETE', `${list}/${id}`);
        await create(`new ${at}`);
      }
    })();
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await tenant.rest('GET', `${list}?limit=${rows / 50}${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.body.namespaces.map((one: { namespace_id: string }) => one.namespace_id));
      cursor = page.body.next_cursor;
    }
    await noise;
    for (const id of lasting) expect(seen.filter((one) => one === id)).toHaveLength(1);
    expect((await tenant.rest('GET', `${list}?limit=1`)).body.total).toBe(rows);
  });
});
