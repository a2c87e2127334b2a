import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';

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
          const allowed = held.permissions ?? ofRole[held.role!]!;
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
    expect(await shown(viewer)).toEqual(ofRole.Viewer!.toSorted());
    expect(await shown(listed)).toEqual(['apps:read']);
  });

  test('a token that acts as a member may be left with nothing of its own, and has what the member has', async () => {
    const member = await tenant.rest('POST', `${tenant.base}/members`, { email: 'm@acme.test', role: 'Viewer' });
    const token = await tenant.as({ member_id: member.body.member_id, permissions: ['apps:read', 'apps:create'] });
    expect(await shown(token)).toEqual(['apps:read']);
    expect((await tenant.rest('PATCH', `${tenant.base}/tokens/${token.tokenId}`, { permissions: null })).status).toBe(
      200,
    );
    expect(await shown(token)).toEqual(ofRole.Viewer!.toSorted());
  });
});
