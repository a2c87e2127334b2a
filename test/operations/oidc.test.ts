import { createHmac } from 'node:crypto';
import { exportSPKI, importJWK, type JWK } from 'jose';
import { OAuth2Server } from 'oauth2-mock-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

const AUDIENCE = 'switchyard';
type Claims = Record<string, unknown>;

describeEngines('single sign-on', (engine) => {
  let issuer: OAuth2Server;
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    issuer = new OAuth2Server();
    await issuer.issuer.keys.generate('RS256');
    await issuer.start(0, '127.0.0.1');
    harness = await startHarness(engine, {
      OIDC_ISSUER: required(issuer.issuer.url),
      OIDC_AUDIENCE: AUDIENCE,
      OIDC_ORG_CLAIM: 'https://switchyard.test/org',
      OIDC_ROLE_CLAIM: 'realm_access.roles',
      deps: { rolesAreClaimed: true },
    });
    tenant = await harness.org();
  });
  afterAll(async () => {
    await harness.close();
    if (issuer.listening) await issuer.stop();
  });

  const token = (claims: Claims = {}, { header = {}, without = [] as string[], from = issuer } = {}) =>
    from.issuer.buildToken({
      scopesOrTransform: (head: Claims, payload: Claims) => {
        Object.assign(payload, {
          aud: AUDIENCE,
          email: 'ada@acme.test',
          'https://switchyard.test/org': tenant.orgId,
          realm_access: { roles: ['offline_access', 'Developer'] },
          ...claims,
        });
        for (const name of without) delete payload[name];
        Object.assign(head, header);
      },
    } as never);
  const me = (jwt: string) => harness.client(jwt).rest('GET', '/v1/me');
  const members = async () => (await tenant.rest('GET', `${tenant.base}/members`)).body.members as Claims[];
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  const unknown = async () => {
    const answer = await me('mm_tok_nobody');
    return told(answer);
  };
  /** What callers can tell answers apart by. */
  const told = ({ status, headers, body }: Answer) => {
    const { timestamp: _, ...rest } = body;
    return [status, headers.get('www-authenticate'), rest];
  };

  test('a member is made on first sight, with the first role of the claim that there is, and is the same at every later one', async () => {
    const first = await me(await token());
    expect([first.status, first.body.role, first.body.org_id]).toEqual([200, 'Developer', tenant.orgId]);
    // There may be more spaces than one in front of it.
    const again = await me(`  ${await token({ email: 'ADA@acme.test' })}`);
    expect(again.body.actor_id).toBe(first.body.actor_id);
    const made = (await members()).filter(({ email }) => email === 'ada@acme.test');
    expect(made).toMatchObject([{ member_id: first.body.actor_id, role: 'Developer', created_by: 'oidc' }]);
    const audit = await tenant.rest('GET', `${tenant.base}/audit-events?action=member.create&actor_id=oidc`);
    expect(audit.body.total).toBe(1);
  });

  test('many first requests at once make one member', async () => {
    const jwt = await token({ email: 'crowd@acme.test' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => me(jwt)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.actor_id}`)).size).toBe(1);
    expect(required(answers[0]).status).toBe(200);
  });

  test('what it may do is what the member may do, from the next request on; who was removed comes back only by a role', async () => {
    const jwt = await token({ email: 'grace@acme.test' });
    const { actor_id } = (await me(jwt)).body;
    const post = () => harness.client(jwt).rest('POST', `${tenant.base}/roles`, { name: 'x', permissions: [] });
    expect((await post()).status).toBe(403);
    await tenant.rest('PATCH', `${tenant.base}/members/${actor_id}`, { role: 'Viewer' });
    expect((await me(jwt)).body.role).toBe('Viewer');
    expect((await me(await token({ email: 'grace@acme.test', realm_access: { roles: ['Admin'] } }))).body.role).toBe(
      'Viewer',
    );
    await tenant.rest('DELETE', `${tenant.base}/members/${actor_id}`);
    expect((await me(await token({ email: 'grace@acme.test', realm_access: {} }))).status).toBe(401);
    expect((await me(await token({ email: 'grace@acme.test' }))).body.actor_id).not.toBe(actor_id);
  });

  const wrong: [string, () => Promise<string>][] = [
    ['another audience', () => token({ aud: 'somebody' })],
    ['no audience', () => token({}, { without: ['aud'] })],
    ['another issuer', () => token({ iss: 'https://evil.test' })],
    ['an end that has passed', () => token({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['no end', () => token({}, { without: ['exp'] })],
    ['a beginning that is still to come', () => token({ nbf: Math.floor(Date.now() / 1000) + 120 })],
    ['no email', () => token({ email: undefined })],
    ['an email that nobody has verified', () => token({ email_verified: false })],
    ['an email that is none', () => token({ email: 'nobody' })],
    ['an email with what nobody sees', () => token({ email: 'a\u200bda@acme.test' })],
    ['an email with half a character', () => token({ email: 'a\ud800da@acme.test' })],
    ['an email with NUL', () => token({ email: 'a\u0000da@acme.test' })],
    ['an org with half a character', () => token({ 'https://switchyard.test/org': `${tenant.orgId}\ud800` })],
    ['a role with half a character', () => token({ email: 'half@acme.test', realm_access: { roles: ['\ud800'] } })],
    ['a newcomer without a role', () => token({ email: 'new@acme.test', realm_access: { roles: ['Nothing'] } })],
    ['an org that is not there', () => token({ 'https://switchyard.test/org': 'org_none' })],
    ['no org', () => token({}, { without: ['https://switchyard.test/org'] })],
    ['an org that is no text', () => token({ 'https://switchyard.test/org': [tenant.orgId] })],
    [
      'no signature, by the algorithm none',
      async () => {
        const [, payload] = (await token()).split('.');
        return `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`;
      },
    ],
    [
      'a signature by the algorithm none',
      async () => {
        const [, payload, signature] = (await token()).split('.');
        return `${part({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`;
      },
    ],
    [
      'HS256 with the public key as its secret',
      async () => {
        const [jwk] = issuer.issuer.keys.toJSON();
        const pem = await exportSPKI((await importJWK(jwk as JWK, 'RS256')) as never);
        const head = part({ alg: 'HS256', typ: 'JWT', kid: required(jwk).kid });
        const [, payload] = (await token()).split('.');
        const signature = createHmac('sha256', pem).update(`${head}.${payload}`).digest('base64url');
        return `${head}.${payload}.${signature}`;
      },
    ],
    [
      'a payload that was changed',
      async () => {
        const [head, payload, signature] = (await token()).split('.');
        const claims = JSON.parse(Buffer.from(required(payload), 'base64url').toString());
        return `${head}.${part({ ...claims, email: 'admin@localhost' })}.${signature}`;
      },
    ],
    [
      'a key of somebody else under the issuer’s name for its own',
      async () => {
        const other = new OAuth2Server();
        await other.issuer.keys.generate('RS256', { kid: String(required(issuer.issuer.keys.toJSON()[0]).kid) });
        await other.start(0, '127.0.0.1');
        const jwt = await token({ iss: issuer.issuer.url }, { from: other });
        await other.stop();
        return jwt;
      },
    ],
    ['three parts that are none', async () => 'a.b.c'],
  ];
  test.each(wrong)('%s is the one identical 401', async (_, make) => {
    const jwt = await make();
    expect(told(await me(jwt))).toEqual(await unknown());
  });

  test('clocks may differ by half a minute', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await me(await token({ exp: now - 15 }))).status).toBe(200);
    expect((await me(await token({ nbf: now + 15 }))).status).toBe(200);
  });

  test('a token that was good ends when it says so, though it was seen before', async () => {
    const jwt = await token();
    expect((await me(jwt)).status).toBe(200);
    harness.clock.offsetMs += 2 * 3_600_000;
    expect((await me(jwt)).status).toBe(401);
    harness.clock.offsetMs = 0;
  });

  test('a new key is found at once; while the issuer does not answer, the known keys go on', async () => {
    await issuer.issuer.keys.generate('ES256', { kid: 'rotated' });
    const rotated = await issuer.issuer.buildToken({
      kid: 'rotated',
      scopesOrTransform: (_: Claims, payload: Claims) => {
        Object.assign(payload, {
          aud: AUDIENCE,
          email: 'ada@acme.test',
          'https://switchyard.test/org': tenant.orgId,
        });
      },
    } as never);
    expect((await me(rotated)).status).toBe(200);
    const later = await token({ jti: 'later' });
    const { port } = new URL(required(issuer.issuer.url));
    await issuer.stop();
    // Beyond the time for which keys are kept without asking again, and for which a signature is.
    harness.clock.offsetMs += 120_000;
    expect((await me(later)).status).toBe(200);
    harness.clock.offsetMs = 0;
    await issuer.start(Number(port), '127.0.0.1');
  });

  test('whoever may edit roles gives nobody a role by another name that the issuer names', async () => {
    const { rest, base } = tenant;
    const made = await rest('POST', `${base}/roles`, { name: 'Owners', permissions: ['apps:*', 'tokens:*'] });
    const path = `${base}/roles/${made.body.role_id}`;
    const editor = await tenant.as({ permissions: ['roles:*', 'apps:*'] });
    const rename = async (client: Client, name: string) => {
      const { status, body } = await client.rest('PATCH', path, { name });
      return [status, body.details ?? body.name];
    };
    expect(await rename(editor, 'staff')).toEqual([403, { required_permission: 'tokens:*' }]);
    expect(await rename(editor, 'OWNERS')).toEqual([200, 'OWNERS']);
    const claims = { email: 'newcomer@acme.test', realm_access: { roles: ['staff'] } };
    expect((await me(await token(claims))).status).toBe(401);
    expect(await rename(tenant, 'staff')).toEqual([200, 'staff']);
    expect((await me(await token(claims))).body.role).toBe('staff');
  });

  test('who is limited to workspaces makes no role that the issuer could name: it holds in the whole org', async () => {
    const { rest, base, orgId } = tenant;
    const { workspace_id } = (await rest('POST', `${base}/workspaces`, { organization_id: orgId, name: 'One' })).body;
    const permissions = ['roles:*', 'apps:*'];
    const limited = await tenant.as({ permissions, workspace_ids: [workspace_id] });
    const body = { name: 'offline_access', permissions: ['apps:*'] };
    const refused = await limited.rest('POST', `${base}/roles`, body);
    expect([refused.status, refused.body.details]).toEqual([403, { required_permission: 'roles:create' }]);
    expect((await (await tenant.as({ permissions })).rest('POST', `${base}/roles`, body)).status).toBe(201);
    const { role_id } = (await rest('GET', `${base}/roles`)).body.roles[0];
    await rest('DELETE', `${base}/roles/${role_id}`);
  });

  test('tokens of our own go on beside it', async () => {
    expect((await me(tenant.token)).status).toBe(200);
  });
});

describeEngines('the email of a member', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
  });
  afterAll(() => harness.close());

  test('is changed by those alone who could give the member’s role; in case only, by any who may change members', async () => {
    const helper = await tenant.as({ permissions: ['members:*', 'roles:read'] });
    const admin = `${tenant.base}/members/${tenant.memberId}`;
    const refused = await helper.rest('PATCH', admin, { email: 'mallory@evil.test' });
    expect([refused.status, refused.body.details]).toEqual([403, { required_permission: '*:*' }]);
    const byGraph = await helper.graphql(
      'mutation($input: UpdateMemberInput!){updateMember(input: $input){member{email}}}',
      { input: { memberId: tenant.memberId, email: 'mallory@evil.test' } },
    );
    expect(byGraph.body.errors[0].extensions.code).toBe('FORBIDDEN');
    expect((await helper.rest('PATCH', admin, { name: 'Ada' })).status).toBe(200);
    expect((await helper.rest('PATCH', admin, { email: 'Admin@localhost' })).status).toBe(200);
    expect((await tenant.rest('PATCH', admin, { email: 'root@acme.test' })).status).toBe(200);
  });

  test('holds nothing that nobody sees, when it is new; what was stored before goes on and can be sent back', async () => {
    for (const email of ['a\u200bb@acme.test', 'a\u202eb@acme.test', 'a\u0000b@acme.test']) {
      const made = await tenant.rest('POST', `${tenant.base}/members`, { email, role: 'Viewer' });
      expect([made.status, made.body.detail[0].loc]).toEqual([422, ['body', 'email']]);
    }
    const { member_id } = (await tenant.rest('POST', `${tenant.base}/members`, { email: 'old@a.b', role: 'Viewer' }))
      .body;
    const old = 'o\u200bld@a.b';
    await harness.rewrite('members', { orgId: tenant.orgId, id: member_id }, (doc) => ({ ...doc, email: old }));
    const path = `${tenant.base}/members/${member_id}`;
    const read = (await tenant.rest('GET', path)).body;
    expect(read.email).toBe(old);
    expect((await tenant.rest('PATCH', path, { ...read, name: 'Kept' })).body).toMatchObject({
      email: old,
      name: 'Kept',
    });
    expect((await tenant.rest('PATCH', path, { email: 'x\u200by@a.b' })).status).toBe(422);
  });
});
