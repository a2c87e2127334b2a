import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

type Body = { role?: string | null; permissions?: string[] | null; name?: string };

const lists = [['namespaces:read'], ['namespaces:read', 'namespaces:reindex', '*:update'], ['apps:*'], []];
const body = fc.record(
  {
    role: fc.constantFrom('Viewer', 'Developer', null),
    permissions: fc.constantFrom(...lists, null),
    name: fc.constantFrom('a', 'b'),
  },
  { requiredKeys: [] },
);
const step = fc.record({
  kind: fc.constantFrom('change', 'change', 'rotate'),
  door: fc.constantFrom('rest', 'graphql'),
  body,
});

/** What a token holds after a change, by the contract's words; null where it would hold nothing. */
function after(held: Required<Omit<Body, 'name'>>, sent: Body) {
  const next = {
    role: sent.role === undefined ? held.role : sent.role,
    permissions: sent.permissions === undefined ? held.permissions : sent.permissions,
  };
  return next.role === null && next.permissions === null ? null : next;
}

describeEngines('the rights of a token', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let ofRole: Record<string, string[]>;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    const { roles } = (await tenant.rest('GET', `${tenant.base}/roles`)).body;
    ofRole = Object.fromEntries(
      roles.map((role: { name: string; permissions: string[] }) => [role.name, role.permissions]),
    );
  });
  afterAll(() => harness.close());

  const shown = async (client: Client) => (await client.rest('GET', '/v1/me')).body.permissions.toSorted();

  async function change(door: string, tokenId: string, sent: Body): Promise<boolean> {
    if (door === 'rest') {
      const answer = await tenant.rest('PATCH', `${tenant.base}/tokens/${tokenId}`, sent);
      expect([200, 422]).toContain(answer.status);
      return answer.status === 200;
    }
    const query = 'mutation($input: UpdateTokenInput!){updateToken(input:$input){token{id}}}';
    const { errors } = (await tenant.graphql(query, { input: { tokenId, ...sent } })).body;
    if (errors) expect(errors[0].extensions.code).toBe('VALIDATION_FAILED');
    return !errors;
  }

  test('whatever chain of changes, clears and rotations, it may do what was last asked for and no more', async () => {
    await fc.assert(
      fc.asyncProperty(body, fc.array(step, { maxLength: 6 }), async (first, steps) => {
        let held = after({ role: null, permissions: null }, first) ?? { role: 'Viewer', permissions: null };
        let token: Client & { tokenId: string } = await tenant.as({ ...held });
        for (const { kind, door, body: sent } of steps) {
          if (kind === 'rotate') {
            const { body } = await tenant.rest('POST', `${tenant.base}/tokens/${token.tokenId}/rotate`);
            token = { ...harness.client(body.token), tokenId: token.tokenId };
          } else {
            const next = after(held, sent);
            expect(await change(door, token.tokenId, sent)).toBe(next !== null);
            held = next ?? held;
          }
          const allowed = held.permissions ?? required(ofRole[required(held.role)]);
          expect(await shown(token)).toEqual(allowed.toSorted());
        }
      }),
      { numRuns: 15 },
    );
  });

  test('a change that would leave it without role, permissions and member is a 422 at the field that was sent', async () => {
    const rule = { type: 'value_error', msg: 'Value error, a token needs a role, permissions or a member' };
    const viewer = await tenant.as({ role: 'Viewer' });
    const path = `${tenant.base}/tokens/${viewer.tokenId}`;
    const cleared = await tenant.rest('PATCH', path, { role: null });
    expect(cleared.status).toBe(422);
    expect(cleared.body.detail).toMatchObject([{ ...rule, loc: ['body', 'role'] }]);
    const listed = await tenant.as({ permissions: ['apps:read'] });
    const emptied = await tenant.rest('PATCH', `${tenant.base}/tokens/${listed.tokenId}`, { permissions: null });
    expect(emptied.body.detail).toMatchObject([{ ...rule, loc: ['body', 'permissions'] }]);
    expect(await shown(viewer)).toEqual(required(ofRole.Viewer).toSorted());
    expect(await shown(listed)).toEqual(['apps:read']);
  });

  test('a token that acts as a member may be left with nothing of its own, and has what the member has', async () => {
    const member = await tenant.rest('POST', `${tenant.base}/members`, { email: 'm@acme.test', role: 'Viewer' });
    const token = await tenant.as({ member_id: member.body.member_id, permissions: ['apps:read', 'apps:create'] });
    expect(await shown(token)).toEqual(['apps:read']);
    expect((await tenant.rest('PATCH', `${tenant.base}/tokens/${token.tokenId}`, { permissions: null })).status).toBe(
      200,
    );
    expect(await shown(token)).toEqual(required(ofRole.Viewer).toSorted());
  });

  const me = async (client: Client) => (await client.rest('GET', '/v1/me')).status;
  const past = '2001-01-01T00:00:00Z';

  test('who may do less, or only in some workspaces, gives a token neither words, nor workspaces, nor a longer life', async () => {
    const workspace = { organization_id: tenant.orgId, name: crypto.randomUUID() };
    const { workspace_id: id } = (await tenant.rest('POST', `${tenant.base}/workspaces`, workspace)).body;
    const keeper = await tenant.as({ permissions: ['tokens:*', 'apps:read'] });
    const limited = await tenant.as({ role: 'Admin', workspace_ids: [id] });
    const wide = await tenant.as({ permissions: ['apps:read', 'models:read'] });
    const dead = await tenant.as({ permissions: ['models:read'], expires_at: past });
    const refusals: [Client, string, object, string][] = [
      [keeper, wide.tokenId, { permissions: ['apps:update'] }, 'apps:update'],
      [keeper, wide.tokenId, { workspace_ids: [] }, 'models:read'],
      [limited, wide.tokenId, { permissions: ['apps:*'] }, 'tokens:update'],
      [limited, wide.tokenId, { role: 'Viewer' }, 'tokens:update'],
      [keeper, dead.tokenId, { expires_at: null }, 'models:read'],
      [limited, dead.tokenId, { expires_at: '2101-01-01T00:00:00Z' }, 'tokens:update'],
    ];
    for (const [client, tokenId, body, required_permission] of refusals) {
      const answer = await client.rest('PATCH', `${tenant.base}/tokens/${tokenId}`, body);
      expect([answer.status, answer.body.details]).toEqual([403, { required_permission }]);
    }
    expect(await shown(wide)).toEqual(['apps:read', 'models:read']);
    expect(await me(dead)).toBe(401);
    for (const body of [{ name: 'Renamed' }, { expires_at: past }, { rate_limit_per_minute: 1_000 }])
      expect((await keeper.rest('PATCH', `${tenant.base}/tokens/${wide.tokenId}`, body)).status).toBe(200);
    expect(await me(wide)).toBe(401);
  });

  test('who is limited to workspaces gives nobody a role, which holds in all of them', async () => {
    const workspace = { organization_id: tenant.orgId, name: crypto.randomUUID() };
    const { workspace_id: id } = (await tenant.rest('POST', `${tenant.base}/workspaces`, workspace)).body;
    const limited = await tenant.as({ role: 'Admin', workspace_ids: [id] });
    const role = (await tenant.rest('POST', `${tenant.base}/roles`, { name: 'Held', permissions: [] })).body;
    const member = (await tenant.rest('POST', `${tenant.base}/members`, { email: 'held@a.b', role: 'Held' })).body;
    const calls: [string, string, object, string][] = [
      ['POST', '/members', { email: 'new@a.b', role: 'Viewer' }, 'members:create'],
      ['PATCH', `/members/${member.member_id}`, { role: 'Viewer' }, 'members:update'],
      ['PATCH', `/roles/${role.role_id}`, { permissions: ['apps:read'] }, 'roles:update'],
    ];
    for (const [method, path, body, required_permission] of calls) {
      const answer = await limited.rest(method, tenant.base + path, body);
      expect([answer.status, answer.body.details]).toEqual([403, { required_permission }]);
    }
    for (const [path, body] of [
      [`/members/${member.member_id}`, { ...member, name: 'Named' }],
      [`/roles/${role.role_id}`, { ...role, name: 'Renamed' }],
    ] as const)
      expect((await limited.rest('PATCH', tenant.base + path, body)).status).toBe(200);
  });

  test('a token that acts as somebody else is made and rotated only by who may see what that one keeps private', async () => {
    const words = ['tokens:*', 'namespaces:*', 'apps:read'];
    const role = `private ${crypto.randomUUID()}`;
    await tenant.rest('POST', `${tenant.base}/roles`, { name: role, permissions: words });
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => {
        const email = `${name}-${crypto.randomUUID()}@a.b`;
        const { member_id } = (await tenant.rest('POST', `${tenant.base}/members`, { email, role })).body;
        return { member_id, ...(await tenant.as({ member_id })) };
      }),
    );
    const make = (client: Client, fields: object) =>
      client.rest('POST', `${tenant.base}/tokens`, { name: 'x', ...fields });
    const rotate = async (client: Client, tokenId: string) =>
      (await client.rest('POST', `${tenant.base}/tokens/${tokenId}/rotate`, { overlap_seconds: 60 })).status;
    const { member_id } = required(other);
    const refused = await make(required(one), { member_id });
    expect([refused.status, refused.body.details]).toEqual([403, { required_permission: 'namespaces:manage' }]);
    const harmless = await make(required(one), { member_id, permissions: ['apps:read'] });
    expect(harmless.status).toBe(201);
    const path = `${tenant.base}/tokens/${harmless.body.token_id}`;
    expect((await required(one).rest('PATCH', path, { permissions: ['namespaces:read'] })).status).toBe(403);
    expect((await required(other).rest('PATCH', path, { permissions: ['namespaces:read'] })).status).toBe(200);
    const service = await make(required(one), { permissions: ['namespaces:read'] });
    expect((await make(required(other), { member_id })).status).toBe(201);
    expect(await rotate(required(one), required(other).tokenId)).toBe(403);
    expect(await rotate(required(other), service.body.token_id)).toBe(403);
    expect(await rotate(required(one), service.body.token_id)).toBe(200);
    expect(await rotate(required(other), required(other).tokenId)).toBe(200);
    expect(await rotate(tenant, required(other).tokenId)).toBe(200);
  });

  test('what gives nothing is no grant: what GET gave is sent back, a revoked token and a mightier role too', async () => {
    const keeper = await tenant.as({ permissions: ['tokens:*', 'roles:*'] });
    const roles = (await keeper.rest('GET', `${tenant.base}/roles`)).body.roles;
    for (const role of roles) {
      const answer = await keeper.rest('PATCH', `${tenant.base}/roles/${role.role_id}`, role);
      expect([answer.status, answer.body]).toEqual([200, role]);
    }
    const revoked = await tenant.as({ role: 'Admin' });
    const path = `${tenant.base}/tokens/${revoked.tokenId}`;
    await tenant.rest('DELETE', path);
    const { body } = await tenant.rest('GET', path);
    for (const sent of [{}, body]) {
      const answer = await keeper.rest('PATCH', path, sent);
      expect([answer.status, answer.body]).toEqual([200, body]);
    }
    expect((await tenant.rest('PATCH', path, { name: 'Other' })).body.details).toMatchObject({ reason: 'revoked' });
  });

  test('an id of a role means that role, whoever names another one so; a list that reads alike is another list', async () => {
    const viewer = (await tenant.rest('GET', `${tenant.base}/roles`)).body.roles.find(
      ({ name }: { name: string }) => name === 'Viewer',
    );
    const decoy = { name: viewer.role_id, permissions: ['apps:delete'] };
    expect((await tenant.rest('POST', `${tenant.base}/roles`, decoy)).status).toBe(201);
    const token = await tenant.as({ role: viewer.role_id });
    expect(await shown(token)).toEqual(required(ofRole.Viewer).toSorted());
    const path = `${tenant.base}/tokens/${token.tokenId}`;
    expect((await tenant.rest('PATCH', path, { workspace_ids: ['null'] })).status).toBe(404);
  });
});
