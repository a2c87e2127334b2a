import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

/** An issuer may name its keys anew, keep one name for all, or name none. */
const NAMING: [alg: string, naming: string, nameOf: (nth: number) => string | undefined][] = [
  ['RS256', 'a name each', (nth) => `key-${nth}`],
  ['ES256', 'one name for all', () => 'key'],
  ['EdDSA', 'no name', () => undefined],
];

/** Before anything is asked of a store. */
describe('the keys of an issuer', () => {
  let server: Server;
  let issuer: string;
  let shown: JWK[] = [];
  let keysPath = '/keys';
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    server = createServer(({ url }, res) => {
      const isDescription = url === '/.well-known/openid-configuration';
      if (!isDescription && url !== keysPath) res.statusCode = 404;
      res.end(JSON.stringify(isDescription ? { issuer, jwks_uri: `${issuer}${keysPath}` } : { keys: shown }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    harness = await startHarness('sqlite', {
      OIDC_ISSUER: issuer,
      OIDC_AUDIENCE: 'switchyard',
      OIDC_ORG_CLAIM: 'org',
      OIDC_ROLE_CLAIM: 'role',
    });
    tenant = await harness.org();
  });
  afterAll(async () => {
    await harness.close();
    server.closeAllConnections();
    server.close();
  });

  let signed = 0;
  async function statusOf(key: CryptoKey, alg: string, kid: string | undefined, claims: object = {}) {
    signed += 1;
    const said = { iss: issuer, org: tenant.orgId, role: 'Viewer', email: 'ada@acme.test', ...claims };
    const jwt = await new SignJWT(said)
      .setProtectedHeader(kid === undefined ? { alg } : { alg, kid })
      .setAudience('switchyard')
      .setJti(String(signed))
      .setExpirationTime('5m')
      .sign(key);
    return (await harness.client(jwt).rest('GET', '/v1/me')).status;
  }

  async function keyOf(alg: string, kid: string | undefined): Promise<{ key: CryptoKey; jwk: JWK }> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), alg };
    return { key: privateKey, jwk: kid === undefined ? jwk : { ...jwk, kid } };
  }

  test.each(NAMING)('of %s are found when they are changed, with %s', async (alg, _, nameOf) => {
    const before = await keyOf(alg, nameOf(1));
    const after = await keyOf(alg, nameOf(2));
    shown = [before.jwk];
    expect(await statusOf(before.key, alg, nameOf(1))).toBe(200);
    shown = [after.jwk];
    expect(await statusOf(after.key, alg, nameOf(2))).toBe(200);
    expect(await statusOf(before.key, alg, nameOf(1))).toBe(401);
  });

  test('are found for all who come with a new one at the same time, each of whom is taken', async () => {
    const [before, after] = await Promise.all([keyOf('ES256', 'crowd-1'), keyOf('ES256', 'crowd-2')]);
    shown = [before.jwk];
    expect(await statusOf(before.key, 'ES256', 'crowd-1')).toBe(200);
    shown = [after.jwk];
    const statuses = await Promise.all(Array.from({ length: 200 }, () => statusOf(after.key, 'ES256', 'crowd-2')));
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  test('are found where they have moved to, and while the issuer does not say where they are, at the last place', async () => {
    const [before, after, last] = await Promise.all([1, 2, 3].map((nth) => keyOf('ES256', `moved-${nth}`)));
    const status = ({ key, jwk }: { key: CryptoKey; jwk: JWK }) => statusOf(key, 'ES256', jwk.kid);
    shown = [required(before).jwk];
    expect(await status(required(before))).toBe(200);
    [shown, keysPath] = [[required(after).jwk], '/moved'];
    expect(await status(required(after))).toBe(200);
    const [named, told] = [issuer, [required(last).jwk]];
    [issuer, shown] = ['http://somebody.test', told];
    const end = () => {
      issuer = named;
    };
    expect(await statusOf(required(last).key, 'ES256', 'moved-3', { iss: named }).finally(end)).toBe(200);
  });

  test.each(NAMING)('of %s are found though the clock was set back, with %s', async (alg, _, nameOf) => {
    const [before, after] = [await keyOf(alg, nameOf(3)), await keyOf(alg, nameOf(4))];
    shown = [before.jwk];
    expect(await statusOf(before.key, alg, nameOf(3))).toBe(200);
    const now = Date.now.bind(Date);
    const wall = vi.spyOn(Date, 'now').mockImplementation(() => now() - 7_200_000);
    try {
      shown = [after.jwk];
      expect(await statusOf(after.key, alg, nameOf(4))).toBe(200);
    } finally {
      wall.mockRestore();
    }
  });

  test('are each tried for a token that names none of several', async () => {
    const made = await Promise.all([1, 2, 3].map((nth) => keyOf('RS256', `several-${nth}`)));
    shown = made.map(({ jwk }) => jwk);
    for (const { key } of made) expect(await statusOf(key, 'RS256', undefined)).toBe(200);
    expect(await statusOf((await keyOf('RS256', undefined)).key, 'RS256', undefined)).toBe(401);
  });

  const verified: [claim: unknown, status: number][] = [
    ...[true, 'true', undefined].map((claim): [unknown, number] => [claim, 200]),
    ...[false, 'false', 'False', 'no', '', 0, 1, null, {}, [true]].map((claim): [unknown, number] => [claim, 401]),
  ];
  test('sign for nobody of whose email they say anything but that it is verified', async () => {
    const { key, jwk } = await keyOf('ES256', 'verified');
    shown = [jwk];
    for (const [claim, status] of verified)
      expect([claim, await statusOf(key, 'ES256', 'verified', { email_verified: claim })]).toEqual([claim, status]);
  });

  /** A claim by its whole name, or by a path whose parts may have dots of their own. */
  const named: [setting: string, claims: object][] = [
    ['role', { role: 'Viewer' }],
    ['a.b.c', { a: { b: { c: 'Viewer' } } }],
    ['a.b.c', { 'a.b.c': 'Viewer', a: { b: { c: 'Nothing' } } }],
    ['resource_access.app.acme.test.roles', { resource_access: { 'app.acme.test': { roles: ['Viewer'] } } }],
    ['https://acme.test/who.roles', { 'https://acme.test/who': { roles: ['Viewer'] } }],
    ['a.b.c', { 'a.b': {}, a: { 'b.c': 'Viewer' } }],
  ];
  test('sign for the role of a claim, wherever it lies', async () => {
    const { key, jwk } = await keyOf('ES256', 'claims');
    shown = [jwk];
    for (const [at, [setting, claims]] of named.entries()) {
      const settings = { OIDC_ISSUER: issuer, OIDC_AUDIENCE: 'switchyard', OIDC_ORG_CLAIM: 'org' };
      const other = await startHarness('sqlite', { ...settings, OIDC_ROLE_CLAIM: setting });
      const { orgId } = await other.org();
      const said = { iss: issuer, aud: 'switchyard', exp: 4e9, org: orgId, email: `n${at}@acme.test`, ...claims };
      const jwt = await new SignJWT(said).setProtectedHeader({ alg: 'ES256', kid: 'claims' }).sign(key);
      const { body } = await other.client(jwt).rest('GET', '/v1/me');
      await other.close();
      expect([setting, body.role]).toEqual([setting, 'Viewer']);
    }
  });

  test('are asked for again after five minutes, so that one that was withdrawn opens nothing more', async () => {
    const { key, jwk } = await keyOf('ES256', 'withdrawn');
    shown = [jwk];
    expect(await statusOf(key, 'ES256', 'withdrawn')).toBe(200);
    shown = [(await keyOf('ES256', 'another')).jwk];
    expect(await statusOf(key, 'ES256', 'withdrawn')).toBe(200);
    harness.clock.offsetMs += 301_000;
    expect(await statusOf(key, 'ES256', 'withdrawn', { exp: Math.floor(Date.now() / 1000) + 1_000 })).toBe(401);
  });
});
