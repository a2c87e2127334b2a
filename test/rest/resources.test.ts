import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

describeEngines('resources', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  // Before the others change anything.
  test('an audit event tells of a thing by the names of its reply, inside of it too', async () => {
    const { base } = tenant;
    const paths = [seeded.workspace, seeded.app, seeded.namespace, `${base}/provider-accounts/${seeded.accountId}`];
    paths.push(`${base}/logical-models/${seeded.modelId}`, `${base}/router-policies/${seeded.policyId}`);
    const made = async (what: string, id: string, body: object) =>
      paths.push(`${base}/${what}/${(await tenant.rest('POST', `${base}/${what}`, body)).body[id]}`);
    await made('roles', 'role_id', { name: 'Told', permissions: ['apps:read'] });
    await made('members', 'member_id', { email: 'told@example.com', role: 'Told' });
    await made('tokens', 'token_id', { name: 'Told', role: 'Told' });
    await made('webhooks', 'webhook_id', { url: 'https://example.com/told', types: ['app.*'] });
    // A bucket is made after its workspace.
    const later = ['bucket_status', 's3_bucket'];
    for (const path of paths) {
      const { body } = await tenant.rest('GET', path);
      const filter = `resource_id=${path.split('/').at(-1)}`;
      const { events } = (await tenant.rest('GET', `${base}/audit-events?${filter}&limit=200`)).body;
      const first = events.find(({ action }: { action: string }) => action.endsWith('.create'));
      const told = Object.entries<{ after: unknown }>(first.changes);
      expect(told.map(([name]) => name).filter((name) => !(name in body))).toEqual([]);
      const lasting = told.filter(([name]) => !later.includes(name));
      expect(lasting.length, path).toBeGreaterThan(1);
      for (const [name, { after }] of lasting) expect({ [name]: body[name] }).toMatchObject({ [name]: after });
    }
    const policy = `${base}/router-policies/${seeded.policyId}`;
    const match = { endpoint_type: 'chat', workspace_tags: { camelCase: 'x' } };
    const changed = await tenant.rest('PATCH', policy, { match, circuit_breaker: { half_open_requests: 7 } });
    const latest = await tenant.rest('GET', `${base}/audit-events?resource_id=${seeded.policyId}&limit=1`);
    const { changes } = latest.body.events[0];
    expect(changes.match.after).toEqual(changed.body.match);
    expect(changes.circuit_breaker.after).toEqual(changed.body.circuit_breaker);
    await tenant.rest('PATCH', policy, { match: { endpoint_type: null, workspace_tags: { camelCase: null } } });
  });

  test('an audit event tells of the role of a member or token by its name, before and after', async () => {
    const { base } = tenant;
    const changesOf = async (id: string) =>
      (await tenant.rest('GET', `${base}/audit-events?resource_id=${id}`)).body.events.map(
        ({ action, changes }: { action: string; changes: Record<string, unknown> }) => [action, changes.role],
      );
    const { body: member } = await tenant.rest('POST', `${base}/members`, { email: 'a@example.com', role: 'Viewer' });
    const path = `${base}/members/${member.member_id}`;
    for (const name of ['Same', 'Other']) await tenant.rest('PATCH', path, { name });
    await tenant.rest('PATCH', path, { role: 'Admin' });
    await tenant.rest('DELETE', path);
    expect(await changesOf(member.member_id)).toEqual([
      ['member.delete', { before: 'Admin', after: null }],
      ['member.update', { before: 'Viewer', after: 'Admin' }],
      ['member.update', undefined],
      ['member.update', undefined],
      ['member.create', { before: null, after: 'Viewer' }],
    ]);
    const { body: token } = await tenant.rest('POST', `${base}/tokens`, { name: 'a', role: 'Viewer' });
    const own = { role: null, permissions: ['apps:read'] };
    for (const change of [{ name: 'b' }, { role: 'Admin' }, own])
      await tenant.rest('PATCH', `${base}/tokens/${token.token_id}`, change);
    expect(await changesOf(token.token_id)).toEqual([
      ['token.update', { before: 'Admin', after: null }],
      ['token.update', { before: 'Viewer', after: 'Admin' }],
      ['token.update', undefined],
      ['token.create', { before: null, after: 'Viewer' }],
    ]);
  });

  test('ETag names the version: stale If-Match is 412, a current one passes, GET answers 304', async () => {
    const made = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'Tagged' });
    const path = `${seeded.workspace}/apps/${made.body.app_id}`;
    const tag = required(made.headers.get('etag'));
    expect(tag).toMatch(/^"[^"]+"$/);
    const changed = await tenant.rest('PATCH', path, { description: 'x' }, { 'If-Match': tag });
    expect(changed.status).toBe(200);
    const next = required(changed.headers.get('etag'));
    expect(next).not.toBe(tag);
    const stale = await tenant.rest('PATCH', path, { description: 'y' }, { 'If-Match': tag });
    expect([stale.status, stale.body.error, stale.body.details]).toEqual([
      412,
      'PRECONDITION_FAILED',
      { current_etag: next },
    ]);
    expect((await tenant.rest('DELETE', path, undefined, { 'If-Match': tag })).status).toBe(412);
    expect((await tenant.rest('GET', path, undefined, { 'If-None-Match': next })).status).toBe(304);
    expect((await tenant.rest('GET', path, undefined, { 'If-None-Match': tag })).status).toBe(200);
    const account = await tenant.rest('GET', `${tenant.base}/provider-accounts/${seeded.accountId}`);
    const again = await tenant.rest('GET', `${tenant.base}/provider-accounts/${seeded.accountId}`, undefined, {
      'If-None-Match': required(account.headers.get('etag')),
    });
    expect(again.status).toBe(200);
    expect((await tenant.rest('DELETE', path, undefined, { 'If-Match': '*' })).status).toBe(204);
  });

  test('an update that changes nothing keeps ETag and updated_at and writes no audit event', async () => {
    const events = async () =>
      (await tenant.rest('GET', `${tenant.base}/audit-events?resource_id=${seeded.appId}`)).body.total;
    const before = await tenant.rest('GET', seeded.app);
    const count = await events();
    const after = await tenant.rest('PATCH', seeded.app, { name: 'Chat' });
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
    expect([after.body.updated_at, await events()]).toEqual([before.body.updated_at, count]);
  });

  test('a merge patch merges: null clears, removes a key of a map, is refused where the field cannot be null', async () => {
    const path = `${tenant.base}/router-policies/${seeded.policyId}`;
    await tenant.rest('PATCH', path, { match: { purpose: 'chat', tags: { a: '1', b: '2' } }, tags: { x: 'y' } });
    const patched = await tenant.rest('PATCH', path, {
      match: { tags: { a: null } },
      description: null,
      circuit_breaker: { latency_threshold_ms: null },
    });
    expect(patched.body.match).toMatchObject({ purpose: 'chat', tags: { b: '2' } });
    expect(patched.body.circuit_breaker).toMatchObject({ latency_threshold_ms: null, cooldown_seconds: 30 });
    expect((await tenant.rest('PATCH', path, { circuit_breaker: { cooldown_seconds: null } })).status).toBe(422);
    expect((await tenant.rest('PATCH', path, { match: null })).status).toBe(422);
    await tenant.rest('PATCH', path, { match: { purpose: null, tags: { b: null } }, tags: { x: null } });
    expect((await tenant.rest('GET', path)).body).toMatchObject({ tags: {}, match: { purpose: null, tags: {} } });
  });

  test('names are unique up to letter case and Unicode form; the stored form is the caller’s', async () => {
    const first = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'Café' });
    const twin = await tenant.rest('POST', `${seeded.workspace}/apps`, { name: 'CAFE\u0301' });
    expect([twin.status, twin.body.details]).toEqual([
      409,
      { resource_type: 'app', field: 'name', conflicting_id: first.body.app_id },
    ]);
    expect(first.body.name).toBe('Café');
  });

  test.each([
    ['Staging (EU)', 'staging-eu'],
    ['Ünï çode', 'uni-code'],
    ['生产', 'environment'],
  ])('the slug of %s is %s', async (name, slug) => {
    expect((await tenant.rest('POST', `${seeded.workspace}/environments`, { name })).body.slug).toBe(slug);
  });

  test('a workspace has exactly one default environment, which cannot be deleted or unset', async () => {
    const list = async () =>
      (await tenant.rest('GET', `${seeded.workspace}/environments`)).body.environments as {
        environment_id: string;
        is_default: boolean;
      }[];
    const old = required((await list()).find((one) => one.is_default));
    const path = `${seeded.workspace}/environments/${old.environment_id}`;
    expect((await tenant.rest('DELETE', path)).status).toBe(409);
    expect((await tenant.rest('PATCH', path, { is_default: false })).status).toBe(409);
    expect(
      (await tenant.rest('PATCH', `${seeded.workspace}/environments/${seeded.environmentId}`, { is_default: true }))
        .status,
    ).toBe(200);
    expect((await list()).filter((one) => one.is_default).map((one) => one.environment_id)).toEqual([
      seeded.environmentId,
    ]);
    expect(
      (await tenant.rest('DELETE', `${seeded.workspace}/environments/${seeded.environmentId}`)).body.details.reason,
    ).toBe('default_environment');
    await tenant.rest('PATCH', path, { is_default: true });
    const used = await tenant.rest('DELETE', `${seeded.workspace}/environments/${seeded.environmentId}`);
    expect([used.status, used.body.details.reason, used.body.details.conflicting_id]).toEqual([
      409,
      'in_use',
      seeded.namespaceId,
    ]);
  });

  test('references must exist in the same org, and what is referenced cannot be deleted', async () => {
    const bad = await tenant.rest('POST', `${seeded.app}/namespaces`, { name: 'x', environment_id: 'env_absent' });
    expect([bad.status, bad.body.details]).toEqual([404, { resource_type: 'environment', resource_id: 'env_absent' }]);
    expect((await tenant.rest('DELETE', `${tenant.base}/logical-models/${seeded.modelId}`)).body.details).toMatchObject(
      { resource_type: 'logical_model', reason: 'referenced' },
    );
    expect((await tenant.rest('DELETE', `${tenant.base}/provider-accounts/${seeded.accountId}`)).status).toBe(409);
    const cycle = await tenant.rest('PATCH', `${tenant.base}/logical-models/${seeded.modelId}`, {
      fallback: seeded.modelId,
    });
    expect([cycle.status, cycle.body.detail[0].loc]).toEqual([422, ['body', 'fallback']]);
  });

  test('threads keep their order; twice changes nothing; an absent one is a 404', async () => {
    const ids = ['z', 'a', 'm%2Fn'];
    for (const id of ids) await tenant.rest('POST', `${seeded.namespace}/threads/${id}`);
    const again = await tenant.rest('POST', `${seeded.namespace}/threads/a`);
    expect(again.body.thread_ids).toEqual(['z', 'a', 'm/n']);
    const stale = await tenant.rest('DELETE', `${seeded.namespace}/threads/a`, undefined, { 'If-Match': '"1-x"' });
    expect(stale.status).toBe(412);
    expect((await tenant.rest('DELETE', `${seeded.namespace}/threads/a`)).body.thread_ids).toEqual(['z', 'm/n']);
    expect((await tenant.rest('DELETE', `${seeded.namespace}/threads/a`)).body.details).toEqual({
      resource_type: 'thread',
      resource_id: 'a',
    });
    expect((await tenant.rest('GET', seeded.namespace)).body.thread_ids).toEqual(['z', 'm/n']);
  });

  test('a reindex is one at a time, can be called off, and completes at once where there is nothing to do', async () => {
    const reindex = `${seeded.namespace}/reindex`;
    const asked = await tenant.rest('POST', reindex, { new_embedding_model_id: seeded.embeddingId });
    expect(asked.body).toMatchObject({
      reindex_status: 'pending',
      embedding_model_id: null,
      reindex_progress: { total: 2, done: 0, failed: 0, percent: 0 },
    });
    expect((await tenant.rest('POST', reindex, { new_embedding_model_id: seeded.embeddingId })).status).toBe(409);
    expect((await tenant.rest('PUT', seeded.namespace, { embedding_model_id: seeded.modelId })).status).toBe(409);
    expect((await tenant.rest('DELETE', reindex)).body.reindex_status).toBe('cancelled');
    expect((await tenant.rest('DELETE', reindex)).status).toBe(409);
    const wrong = await tenant.rest('POST', reindex, { new_embedding_model_id: seeded.modelId });
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ['body', 'new_embedding_model_id']]);
    const empty = await tenant.rest('POST', `${seeded.app}/namespaces`, {
      name: 'Empty',
      environment_id: seeded.environmentId,
    });
    const done = await tenant.rest('POST', `${seeded.app}/namespaces/${empty.body.namespace.namespace_id}/reindex`, {
      new_embedding_model_id: seeded.embeddingId,
    });
    expect(done.body).toMatchObject({ reindex_status: 'completed', embedding_model_id: seeded.embeddingId });
  });

  test('a private namespace is absent for all but its creator and Admins', async () => {
    const developer = await tenant.as({ role: 'Developer' });
    const other = await tenant.as({ role: 'Developer' });
    const made = await developer.rest('POST', `${seeded.app}/namespaces`, {
      name: 'Secret',
      environment_id: seeded.environmentId,
      is_private: true,
    });
    const path = `${seeded.app}/namespaces/${made.body.namespace.namespace_id}`;
    expect([
      (await developer.rest('GET', path)).status,
      (await tenant.rest('GET', path)).status,
      (await other.rest('GET', path)).status,
    ]).toEqual([200, 200, 404]);
    const totals = [];
    for (const who of [developer, tenant, other]) totals.push((await who.rest('GET', `${seeded.app}/namespaces`)).body);
    expect(totals[0].total).toBe(totals[1].total);
    expect(totals[2].total).toBe(totals[0].total - 1);
    expect(totals[2].namespaces).toHaveLength(totals[2].total);
    const taken = await other.rest('POST', `${seeded.app}/namespaces`, {
      name: 'secret',
      environment_id: seeded.environmentId,
    });
    expect([taken.status, taken.body.details.conflicting_id]).toEqual([409, null]);
  });

  test('what the audit says of a private namespace, its threads and jobs is absent for others, in totals too', async () => {
    const permissions = ['*:read', 'audit:read', 'namespaces:*', 'jobs:*'];
    const [creator, other, manager] = [
      await tenant.as({ permissions }),
      await tenant.as({ permissions }),
      await tenant.as({ permissions: ['audit:read', 'namespaces:manage'] }),
    ];
    const space = { name: 'Audited', environment_id: seeded.environmentId, is_private: true };
    const { namespace } = (await creator.rest('POST', `${seeded.app}/namespaces`, space)).body;
    const path = `${seeded.app}/namespaces/${namespace.namespace_id}`;
    await creator.rest('POST', `${path}/threads/t1`);
    await creator.rest('POST', `${path}/reindex`, { new_embedding_model_id: seeded.embeddingId });
    const [job] = (await creator.rest('GET', `${tenant.base}/jobs`)).body.jobs;
    await creator.rest('POST', `${tenant.base}/jobs/${job.job_id}/cancel`);
    await creator.rest('DELETE', path);

    const seenBy = async (client: Client) => {
      const { events, total } = (await client.rest('GET', `${tenant.base}/audit-events?limit=200`)).body;
      expect(events).toHaveLength(total);
      const own = [namespace.namespace_id, job.job_id];
      const seen: { event_id: string; resource_id: string }[] = events;
      return seen.filter(({ resource_id }) => own.includes(resource_id));
    };
    expect(await seenBy(other)).toEqual([]);
    const events = await seenBy(creator);
    expect(await seenBy(manager)).toEqual(events);
    expect(new Set(events.map(({ resource_id }) => resource_id))).toEqual(
      new Set([namespace.namespace_id, job.job_id]),
    );
    const id = Buffer.from(`AuditEvent:${events[0]?.event_id}`).toString('base64url');
    const nodeFor = async (client: Client) =>
      (await client.graphql('query($id:ID!){node(id:$id){id}}', { id })).body.data;
    expect([await nodeFor(creator), await nodeFor(other)]).toEqual([{ node: { id } }, { node: null }]);
    const filtered = `${tenant.base}/audit-events?resource_id=${namespace.namespace_id}`;
    expect((await other.rest('GET', filtered)).body).toMatchObject({ total: 0, events: [] });
  });

  test('a list walk by cursor shows every row once; the total counts what the filters match', async () => {
    for (let at = 0; at < 7; at += 1)
      await tenant.rest('POST', `${seeded.app}/namespaces`, {
        name: `walk ${at}`,
        environment_id: seeded.environmentId,
      });
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await tenant.rest(
        'GET',
        `${seeded.app}/namespaces?limit=3&search=WALK${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.body.total).toBe(7);
      seen.push(...page.body.namespaces.map((one: { name: string }) => one.name));
      cursor = page.body.next_cursor;
      expect(page.body.has_more).toBe(cursor !== null);
    } while (cursor);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `walk ${at}`));
    const foreign = (await tenant.rest('GET', `${tenant.base}/logical-models?limit=1`)).body.next_cursor;
    expect((await tenant.rest('GET', `${seeded.app}/namespaces?cursor=${foreign}`)).status).toBe(422);
    for (const search of ['%25', '_', 'walk%205', '.*'])
      expect((await tenant.rest('GET', `${seeded.app}/namespaces?search=${search}`)).body.total).toBe(
        search === 'walk%205' ? 1 : 0,
      );
  });

  test('a search looks in descriptions too, and an address is taken, whatever their letters’ case', async () => {
    const space = { name: 'plain', description: 'ΟΔΟΣ Straße', environment_id: seeded.environmentId };
    await tenant.rest('POST', `${seeded.app}/namespaces`, space);
    const found = await tenant.rest('GET', `${seeded.app}/namespaces?search=${encodeURIComponent('οδος STRASSE')}`);
    expect(found.body.namespaces.map((one: { name: string }) => one.name)).toEqual(['plain']);
    const invite = (email: string) => tenant.rest('POST', `${tenant.base}/members`, { email, role: 'Viewer' });
    const { body } = await invite('Case@Example.com');
    expect((await invite('cASE@example.COM')).body.details).toMatchObject({ conflicting_id: body.member_id });
  });

  test('deleting a workspace makes its subtree absent by every way, with counts in one audit event', async () => {
    const doomed = await seed(tenant, 'Doomed');
    const id = Buffer.from(`Namespace:${doomed.namespaceId}`).toString('base64url');
    expect((await tenant.rest('DELETE', doomed.workspace)).body).toEqual({ message: 'Workspace deleted successfully' });
    for (const path of [doomed.workspace, doomed.app, doomed.namespace, `${doomed.workspace}/model-entitlements`])
      expect((await tenant.rest('GET', path)).body.details.resource_type).toBe('workspace');
    expect((await tenant.graphql('query($id:ID!){node(id:$id){id}}', { id })).body.data.node).toBeNull();
    const reverse = `{logicalModel(logicalModelId:"${doomed.modelId}"){entitlements{totalCount nodes{id}}}}`;
    expect((await tenant.graphql(reverse)).body.data.logicalModel.entitlements).toEqual({ totalCount: 0, nodes: [] });
    const { events } = (await tenant.rest('GET', `${tenant.base}/audit-events?action=workspace.delete`)).body;
    expect(events).toHaveLength(1);
    expect(events[0].counts).toEqual({ apps: 1, environments: 2, namespaces: 1, entitlements: 1 });
    expect(
      (await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name: 'doomed' }))
        .status,
    ).toBe(201);
  });

  test('an audit event holds who, what, by which request, before and after; never a secret', async () => {
    await tenant.rest('PATCH', seeded.app, { description: 'audited' }, { 'X-Request-Id': 'my-request' });
    const { events } = (await tenant.rest('GET', `${tenant.base}/audit-events?resource_id=${seeded.appId}&limit=1`))
      .body;
    expect(events[0]).toMatchObject({
      action: 'app.update',
      actor_id: tenant.memberId,
      request_id: 'my-request',
      resource_type: 'app',
      changes: { description: { before: null, after: 'audited' } },
    });
    const all = await tenant.rest('GET', `${tenant.base}/audit-events?limit=200`);
    expect(all.text).not.toMatch(/mm_tok_[0-9A-Za-z]{12}_/);
    expect(all.text).not.toContain('secret_hash');
  });
});
