import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Role, roles } from '../../src/nouns/roles/model.ts';
import { BUILT_IN_ROLES } from '../../src/resource/permissions.ts';
import { type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const NAMES = Object.keys(BUILT_IN_ROLES);
/** What an older program wrote: a word that its role has no more, and none of those that came later. */
const OLDER = ['apps:read', 'audit:read', 'tokens:read'];

describeEngines('built-in roles', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeEach(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    const custom = { name: 'Custom', permissions: ['apps:read', 'apps:create'] };
    expect((await tenant.rest('POST', `${tenant.base}/roles`, custom)).status).toBe(201);
  });
  afterEach(() => harness.close());

  const stored = async () => harness.deps.store.scan<Role>(roles.collection, null, 100);
  const age = async () => {
    const older = (await stored()).filter((role) => role.builtIn).map((role) => ({ ...role, permissions: OLDER }));
    expect(older).toHaveLength(NAMES.length);
    await harness.deps.store.load(roles.collection, older);
  };
  const rights = async (client: Client) => {
    const { permissions } = (await client.rest('GET', '/v1/me')).body;
    expect((await client.graphql('{viewer{permissions}}')).body.data.viewer.permissions).toEqual(permissions);
    return permissions.toSorted();
  };
  const listed = async () => {
    const rest = await tenant.rest('GET', `${tenant.base}/roles`);
    const graph = await tenant.graphql(
      'query($o:ID!){organization(orgId:$o){roles{totalCount nodes:edges{node{roleId name permissions builtIn etag members{totalCount}}}}}}',
      { o: tenant.orgId },
    );
    const read = await Promise.all(
      rest.body.roles.map(async ({ role_id }: { role_id: string }) => {
        const { body, headers } = await tenant.rest('GET', `${tenant.base}/roles/${role_id}`);
        return { body, etag: headers.get('etag') };
      }),
    );
    return { rest: rest.body, graph: graph.body, read };
  };

  test('their documents hold who they are, not what they allow', async () => {
    for (const role of await stored())
      expect(role.permissions).toEqual(role.builtIn ? [] : ['apps:read', 'apps:create']);
  });

  test('documents of an older program give the rights of today, by both doors', async () => {
    const before = await listed();
    await age();
    for (const name of NAMES) {
      const email = `${name}@acme.test`;
      const member = await tenant.rest('POST', `${tenant.base}/members`, { email, role: name });
      for (const fields of [{ role: name }, { member_id: member.body.member_id }]) {
        const token = await tenant.as(fields);
        expect(await rights(token)).toEqual([...required(BUILT_IN_ROLES[name])].toSorted());
        expect((await token.rest('GET', `${tenant.base}/jobs`)).status).toBe(200);
        const audit = ['Admin', 'Operator'].includes(name) ? 200 : 403;
        expect((await token.rest('GET', `${tenant.base}/audit-events`)).status).toBe(audit);
      }
    }
    const after = await listed();
    expect(after.rest).toEqual(before.rest);
    expect(after.read).toEqual(before.read);
    const named = ({ graph }: typeof after) =>
      graph.data.organization.roles.nodes.map(
        ({ node: { members: _, ...role } }: { node: object & { members: object } }) => role,
      );
    expect(named(after)).toEqual(named(before));
    expect(after.rest).toMatchObject({ total: NAMES.length + 1, has_more: false });
    for (const { name, permissions } of after.rest.roles)
      expect(permissions).toEqual(BUILT_IN_ROLES[name] ?? ['apps:read', 'apps:create']);
  });

  test('a word that the program learns is there at once, in every org, and moves the ETag of its roles alone', async () => {
    const viewer = await tenant.as({ role: 'Viewer' });
    const before = await listed();
    const known = required(BUILT_IN_ROLES.Viewer);
    const program = BUILT_IN_ROLES as Record<string, readonly string[]>;
    program.Viewer = [...known, 'apps:create'];
    try {
      harness.clock.offsetMs += 1_000;
      expect(await rights(viewer)).toEqual([...known, 'apps:create'].toSorted());
      for (const { body, etag } of before.read) {
        const path = `${tenant.base}/roles/${body.role_id}`;
        const again = await tenant.rest('GET', path, undefined, { 'If-None-Match': required(etag) });
        expect(again.status).toBe(body.name === 'Viewer' ? 200 : 304);
      }
    } finally {
      program.Viewer = known;
    }
    expect(await listed()).toEqual(before);
  });

  test('they can be neither changed nor deleted: 409 built_in, and nothing is stored', async () => {
    await age();
    const before = await stored();
    for (const { id, name } of before.filter(({ builtIn }) => builtIn)) {
      const path = `${tenant.base}/roles/${id}`;
      const conflict = { resource_type: 'role', reason: 'built_in', conflicting_id: id };
      for (const body of [{ name: 'Other' }, { permissions: [] }, { permissions: OLDER }]) {
        const changed = await tenant.rest('PATCH', path, body);
        expect([changed.status, changed.body.details]).toEqual([409, conflict]);
      }
      const removed = await tenant.rest('DELETE', path);
      expect([removed.status, removed.body.details]).toEqual([409, conflict]);
      const query = 'mutation($i:UpdateRoleInput!){updateRole(input:$i){role{roleId}}}';
      const { errors } = (await tenant.graphql(query, { i: { roleId: id, permissions: ['apps:read'] } })).body;
      expect(errors[0].extensions).toMatchObject({ code: 'CONFLICT', details: { reason: 'built_in' } });
      const same = await tenant.rest('GET', path);
      const sent = await tenant.rest('PATCH', path, same.body);
      expect([sent.status, sent.headers.get('etag')]).toEqual([200, same.headers.get('etag')]);
      const taken = await tenant.rest('POST', `${tenant.base}/roles`, { name: name.toUpperCase(), permissions: [] });
      expect([taken.status, taken.body.details.conflicting_id]).toEqual([409, id]);
    }
    expect(await stored()).toEqual(before);
  });
});
