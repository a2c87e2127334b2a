import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

describeEngines('identity', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  test('a token has the form mm_tok_<12>_<43><crc>, is shown once and stored as a hash only', async () => {
    const made = await tenant.rest('POST', `${tenant.base}/tokens`, { name: 'x', role: 'Viewer' });
    expect(made.body.token).toMatch(/^mm_tok_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
    const read = await tenant.rest('GET', `${tenant.base}/tokens/${made.body.token_id}`);
    expect(read.body).not.toHaveProperty('token');
    expect(read.body).toMatchObject({
      role: 'Viewer',
      prefix: made.body.token.slice(0, 19),
      last_used_at: null,
      revoked_at: null,
    });
  });

  test('a revoked token is refused by the next request, stays readable, and revoking again is a 204', async () => {
    const token = await tenant.as({ role: 'Viewer' });
    expect((await token.rest('GET', '/v1/me')).status).toBe(200);
    const path = `${tenant.base}/tokens/${token.tokenId}`;
    expect((await tenant.rest('DELETE', path)).status).toBe(204);
    expect((await token.rest('GET', '/v1/me')).status).toBe(401);
    expect((await tenant.rest('DELETE', path)).status).toBe(204);
    expect((await tenant.rest('GET', path)).body.revoked_at).toEqual(expect.any(String));
  });

  test('rotation keeps the id; the old secret lives through the overlap, and no longer', async () => {
    const old = await tenant.as({ role: 'Viewer' });
    const path = `${tenant.base}/tokens/${old.tokenId}/rotate`;
    const rotated = await tenant.rest('POST', path, { overlap_seconds: 60 });
    expect([rotated.status, rotated.body.token_id]).toEqual([200, old.tokenId]);
    const fresh = harness.client(rotated.body.token);
    expect([(await old.rest('GET', '/v1/me')).status, (await fresh.rest('GET', '/v1/me')).status]).toEqual([200, 200]);
    harness.clock.offsetMs += 61_000;
    expect([(await old.rest('GET', '/v1/me')).status, (await fresh.rest('GET', '/v1/me')).status]).toEqual([401, 200]);
    const again = await tenant.rest('POST', path);
    expect([
      (await fresh.rest('GET', '/v1/me')).status,
      (await harness.client(again.body.token).rest('GET', '/v1/me')).status,
    ]).toEqual([401, 200]);
  });

  test('however often it was rotated before, a rotation without overlap ends every other secret', async () => {
    const token = await tenant.as({ role: 'Viewer' });
    const path = `${tenant.base}/tokens/${token.tokenId}/rotate`;
    const secrets = [token];
    for (let at = 0; at < 101; at += 1) {
      const { body } = await tenant.rest('POST', path, { overlap_seconds: 604_800 });
      secrets.push({ ...token, ...harness.client(body.token) });
    }
    const last = harness.client((await tenant.rest('POST', path, { overlap_seconds: 0 })).body.token);
    const statuses = await Promise.all(secrets.map(async (one) => (await one.rest('GET', '/v1/me')).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect((await last.rest('GET', '/v1/me')).status).toBe(200);
  });

  test('nobody gives more than they have: a 403 that names a missing permission', async () => {
    const maker = await tenant.as({ permissions: ['tokens:*', 'apps:read', 'roles:*', 'members:*'] });
    const more = await maker.rest('POST', `${tenant.base}/tokens`, {
      name: 'x',
      permissions: ['apps:read', 'apps:delete'],
    });
    expect([more.status, more.body.details]).toEqual([403, { required_permission: 'apps:delete' }]);
    expect((await maker.rest('POST', `${tenant.base}/tokens`, { name: 'x', role: 'Admin' })).status).toBe(403);
    expect((await maker.rest('POST', `${tenant.base}/roles`, { name: 'Mighty', permissions: ['*:*'] })).status).toBe(
      403,
    );
    expect((await maker.rest('POST', `${tenant.base}/members`, { email: 'x@y.z', role: 'Admin' })).status).toBe(403);
    const less = await maker.rest('POST', `${tenant.base}/tokens`, { name: 'x', permissions: ['apps:read'] });
    expect(less.status).toBe(201);
    expect(
      (await maker.rest('PATCH', `${tenant.base}/tokens/${less.body.token_id}`, { permissions: ['models:read'] }))
        .status,
    ).toBe(403);
    expect((await maker.rest('POST', `${tenant.base}/tokens`, { name: 'x', member_id: tenant.memberId })).status).toBe(
      403,
    );
  });

  test('a limited token makes limited tokens, sees its workspaces only, and cannot create workspaces', async () => {
    const limited = await tenant.as({ role: 'Admin', workspace_ids: [seeded.workspaceId] });
    const child = await limited.rest('POST', `${tenant.base}/tokens`, { name: 'child', role: 'Viewer' });
    expect(child.body.workspace_ids).toEqual([seeded.workspaceId]);
    const other = await tenant.rest('POST', `${tenant.base}/workspaces`, {
      organization_id: tenant.orgId,
      name: 'Other',
    });
    expect((await limited.rest('GET', `${tenant.base}/workspaces`)).body).toMatchObject({ total: 1 });
    expect((await limited.rest('GET', `${tenant.base}/workspaces/${other.body.workspace_id}`)).status).toBe(404);
    const refused = await limited.rest('POST', `${tenant.base}/workspaces`, {});
    expect([refused.status, refused.body.details]).toEqual([403, { required_permission: 'workspaces:create' }]);
    const named = await limited.rest('POST', `${tenant.base}/router-policies`, {
      name: 'P',
      route_to: seeded.modelId,
      match: { workspace_id: other.body.workspace_id },
    });
    expect(named.body.details.resource_type).toBe('workspace');
    const { events } = (await limited.rest('GET', `${tenant.base}/audit-events`)).body;
    expect(new Set(events.map((event: { workspace_id: string }) => event.workspace_id))).toEqual(
      new Set([seeded.workspaceId]),
    );
  });

  test('the last Admin member can be neither removed nor given another role', async () => {
    const path = `${tenant.base}/members/${tenant.memberId}`;
    for (const answer of [await tenant.rest('DELETE', path), await tenant.rest('PATCH', path, { role: 'Viewer' })])
      expect([answer.status, answer.body.details.reason]).toEqual([409, 'last_admin']);
    const second = await tenant.rest('POST', `${tenant.base}/members`, { email: 'second@acme.test', role: 'Admin' });
    expect((await tenant.rest('DELETE', `${tenant.base}/members/${second.body.member_id}`)).status).toBe(204);
  });

  test('roles in use, and the built-in ones, cannot be deleted', async () => {
    const { roles } = (await tenant.rest('GET', `${tenant.base}/roles`)).body;
    const viewer = roles.find((role: { name: string }) => role.name === 'Viewer');
    expect((await tenant.rest('DELETE', `${tenant.base}/roles/${viewer.role_id}`)).body.details.reason).toBe(
      'built_in',
    );
    const role = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Reader', permissions: ['apps:read'] });
    const member = await tenant.rest('POST', `${tenant.base}/members`, { email: 'r@acme.test', role: 'reader' });
    expect(member.body.role).toBe('Reader');
    expect((await tenant.rest('DELETE', `${tenant.base}/roles/${role.body.role_id}`)).body.details).toMatchObject({
      reason: 'in_use',
    });
    await tenant.rest('DELETE', `${tenant.base}/members/${member.body.member_id}`);
    expect((await tenant.rest('DELETE', `${tenant.base}/roles/${role.body.role_id}`)).status).toBe(204);
  });

  test('namespaces:* does not see private ones of others, *:* does', async () => {
    const made = await tenant.rest('POST', `${seeded.app}/namespaces`, {
      name: 'Private',
      environment_id: seeded.environmentId,
      is_private: true,
    });
    const star = await tenant.as({ permissions: ['namespaces:*'] });
    expect((await star.rest('GET', `${seeded.app}/namespaces/${made.body.namespace.namespace_id}`)).status).toBe(404);
  });

  test('one Idempotency-Key, fifty at once: one row; a replay shows what the first showed, secrets apart', async () => {
    const key = { 'Idempotency-Key': 'fifty' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        tenant.rest('POST', `${tenant.base}/roles`, { name: 'Once', permissions: [] }, key),
      ),
    );
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.role_id)).size).toBe(1);
    const replay = await tenant.rest('POST', `${tenant.base}/roles`, { permissions: [], name: 'Once' }, key);
    expect([replay.status, replay.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    const other = await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Twice', permissions: [] }, key);
    expect(other.body.detail[0]).toMatchObject({ type: 'value_error', loc: ['header', 'idempotency-key'] });
    const secret = { 'Idempotency-Key': 'secret' };
    const first = await tenant.rest('POST', `${tenant.base}/tokens`, { name: 's', role: 'Viewer' }, secret);
    const second = await tenant.rest('POST', `${tenant.base}/tokens`, { name: 's', role: 'Viewer' }, secret);
    expect(second.body).toEqual({ ...first.body, token: null });
    expect(
      (await tenant.rest('POST', `${tenant.base}/roles`, {}, { 'Idempotency-Key': 'x'.repeat(256) })).body.detail.at(0)
        .loc,
    ).toEqual(['header', 'idempotency-key']);
    const read = { 'Idempotency-Key': 'read' };
    await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context: {} }, read);
    expect(
      (await tenant.rest('POST', `${tenant.base}/router-policies/test-match`, { context: {} }, read)).headers.get(
        'idempotency-replayed',
      ),
    ).toBe('true');
    harness.clock.offsetMs += 24 * 3_600_000 + 1;
    expect((await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Once', permissions: [] }, key)).status).toBe(
      409,
    );
  });

  test('a rate limit of a token holds, with its headers, and leaves other tokens alone', async () => {
    const slow = await tenant.as({ role: 'Viewer', rate_limit_per_minute: 3 });
    const answers = [];
    for (let at = 0; at < 4; at += 1) answers.push(await slow.rest('GET', '/v1/me'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    const last = required(answers.at(-1));
    expect(last.headers.get('ratelimit-limit')).toBe('3');
    expect(last.headers.get('ratelimit-remaining')).toBe('0');
    expect(last.headers.get('retry-after')).toBe(String(last.body.details.retry_after));
    expect(last.body.error).toBe('RATE_LIMIT_EXCEEDED');
    harness.clock.offsetMs += 20_000;
    expect((await slow.rest('GET', '/v1/me')).status).toBe(200);
    expect((await tenant.rest('GET', '/v1/me')).status).toBe(200);
  });
});
