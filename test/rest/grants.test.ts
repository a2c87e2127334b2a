import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACTIONS, RESOURCES } from '../../src/resource/permissions.ts';
import { type Answer, type Client, describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

/**
 * Random chains of everything that moves rights, by actors of unequal rights. Rights are pairs of a word and a
 * workspace, read from outside. Nobody makes anybody gain a pair that they lack; what is refused changes nothing; and
 * whatever led there, a token may do exactly what it, its role and its member show.
 */

const WORDS = RESOURCES.flatMap((resource) => ACTIONS.map((action) => `${resource}:${action}`));

/** The contract's words, apart from the code: `*` stands for any word, but `manage` is only named or part of `*:*`. */
function words(permissions: readonly string[]): Set<string> {
  const fits = (permission: string, word: string) => {
    const [resource, action] = permission.split(':');
    const [wantedResource, wantedAction] = word.split(':');
    if (permission === '*:*') return true;
    if (resource !== '*' && resource !== wantedResource) return false;
    return action === '*' ? wantedAction !== 'manage' : action === wantedAction;
  };
  return new Set(WORDS.filter((word) => permissions.some((permission) => fits(permission, word))));
}

const KEEPER = ['tokens:*', 'roles:*', 'members:*', 'apps:*', 'models:read'];
const lists = [['apps:read'], ['apps:*', 'models:read'], ['*:read'], ['namespaces:*', 'tokens:update'], ['*:*'], []];
const list = fc.constantFrom(...lists);
const roleName = fc.constantFrom('Viewer', 'Developer', 'Admin', 'custom');
const nth = fc.nat({ max: 9 });
/** Places of tokens that every chain begins with. */
const [KEEPERS, OF_ROLE] = [0, 4];
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const grant = {
  role: optional(fc.option(roleName)),
  permissions: optional(fc.option(list)),
  workspaces: optional(fc.constantFrom('first', 'second', null)),
};
interface Granted {
  role?: string | null;
  permissions?: string[] | null;
  workspaces?: 'first' | 'second' | null;
}
type Act =
  | ({ kind: 'make'; asMember: boolean } & Granted)
  | ({ kind: 'change'; target: number; expires?: string | null } & Granted)
  | { kind: 'rotate' | 'revoke'; target: number }
  | { kind: 'editRole'; permissions: string[] }
  | { kind: 'promote' | 'join'; role: string }
  | { kind: 'leave' };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('make' as const), ...grant, asMember: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      target: nth,
      ...grant,
      expires: optional(fc.constantFrom('2001-01-01T00:00:00Z', '2101-01-01T00:00:00Z', null)),
    }),
  },
  fc.record({ kind: fc.constant('rotate' as const), target: nth }),
  fc.record({ kind: fc.constant('revoke' as const), target: nth }),
  fc.record({ kind: fc.constant('editRole' as const), permissions: list }),
  fc.record({ kind: fc.constant('promote' as const), role: roleName }),
  fc.record({ kind: fc.constant('join' as const), role: roleName }),
  fc.record({ kind: fc.constant('leave' as const) }),
);
type Step = { by: string; door: string; act: Act };
const step: fc.Arbitrary<Step> = fc.record({
  by: fc.constantFrom('admin', 'keeper', 'limited'),
  door: fc.constantFrom('rest', 'graphql'),
  act,
});

/** The shortest way to each wrong, so that no run depends on luck; the chains at random look for the others. */
const SHORTEST: Step[][] = [
  [{ by: 'keeper', door: 'rest', act: { kind: 'promote', role: 'Admin' } }],
  [{ by: 'limited', door: 'graphql', act: { kind: 'promote', role: 'Viewer' } }],
  [{ by: 'keeper', door: 'graphql', act: { kind: 'editRole', permissions: ['*:*'] } }],
  [{ by: 'limited', door: 'rest', act: { kind: 'editRole', permissions: ['*:read'] } }],
  [{ by: 'limited', door: 'graphql', act: { kind: 'rotate', target: OF_ROLE } }],
  [
    { by: 'admin', door: 'rest', act: { kind: 'editRole', permissions: ['workspaces:read'] } },
    { by: 'keeper', door: 'rest', act: { kind: 'rotate', target: OF_ROLE } },
  ],
  [{ by: 'limited', door: 'rest', act: { kind: 'change', target: OF_ROLE, permissions: ['*:read'] } }],
  [{ by: 'keeper', door: 'graphql', act: { kind: 'change', target: KEEPERS, permissions: ['*:*'] } }],
  [{ by: 'keeper', door: 'rest', act: { kind: 'make', role: 'Viewer', asMember: false } }],
  [{ by: 'admin', door: 'graphql', act: { kind: 'leave' } }],
];

interface Held extends Client {
  tokenId: string;
}

/** One change as either door takes it. */
interface Call {
  method: string;
  path: string;
  mutation: string;
  ids?: Record<string, string>;
  input?: Record<string, unknown>;
}

describeEngines('whoever gives rights', (engine) => {
  let harness: Harness;
  let tenant: Tenant;
  let workspaces: Record<'first' | 'second', string>;
  beforeAll(async () => {
    harness = await startHarness(engine);
    tenant = await harness.org();
    const made = await Promise.all(
      ['First', 'Second'].map(
        async (name) =>
          (await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name })).body,
      ),
    );
    workspaces = { first: made[0].workspace_id, second: made[1].workspace_id };
  });
  afterAll(() => harness.close());

  const pairs = (permissions: Iterable<string>, limits: string[] | null) =>
    new Set([...permissions].flatMap((word) => (limits ?? Object.values(workspaces)).map((id) => `${word} in ${id}`)));

  /** What the holder of a secret may do; nothing once it is dead. */
  async function rights(client: Client): Promise<Set<string>> {
    const { status, body } = await client.rest('GET', '/v1/me');
    return status === 200 ? pairs(words(body.permissions), body.workspace_ids) : new Set();
  }

  /** The same of many, from what an Admin reads of each token, its role and its member. */
  async function shown(all: Held[]): Promise<Set<string>[]> {
    const fields = 'permissions workspaceIds expiresAt revokedAt memberId role{permissions} member{role{permissions}}';
    const one = ({ tokenId }: Held, at: number) => `t${at}: token(tokenId: "${tokenId}"){${fields}}`;
    const { data } = (await tenant.graphql(`{${all.map(one).join(' ')}}`)).body;
    return all.map((_, at) => {
      const { permissions, workspaceIds, expiresAt, revokedAt, memberId, role, member } = data[`t${at}`];
      if (revokedAt || (expiresAt && expiresAt < '2010') || (memberId && !member)) return new Set();
      const bound = member ? words(member.role.permissions) : null;
      const own: string[] | undefined = permissions ?? role?.permissions;
      const held = own ? [...words(own)].filter((word) => bound === null || bound.has(word)) : required(bound);
      return pairs(held, workspaceIds);
    });
  }

  async function send(client: Client, door: string, { method, path, mutation, ids, input }: Call): Promise<Answer> {
    if (door === 'rest') {
      const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const body = input && Object.fromEntries(Object.entries(input).map(([name, value]) => [snake(name), value]));
      const answer = await client.rest(method, tenant.base + path, body);
      if (![200, 201, 204].includes(answer.status)) expect([401, 403, 404, 409, 422]).toContain(answer.status);
      return answer;
    }
    const type = `${required(mutation[0]).toUpperCase()}${mutation.slice(1)}Input`;
    const selection = /^(create|rotate)Token$/.test(mutation) ? '{token{tokenId} secret}' : '{__typename}';
    const query = `mutation($input: ${type}!){result: ${mutation}(input: $input)${selection}}`;
    const answer = await client.graphql(query, { input: { ...ids, ...input } });
    if (answer.status === 200 && answer.body.errors)
      expect(['FORBIDDEN', 'RESOURCE_NOT_FOUND', 'CONFLICT', 'VALIDATION_FAILED']).toContain(
        answer.body.errors[0].extensions.code,
      );
    return answer;
  }

  const took = (answer: Answer) => answer.status < 300 && !answer.body?.errors;
  const secretOf = ({ body }: Answer): Held => {
    const { token_id: id, token } = body.data?.result
      ? { token_id: body.data.result.token.tokenId, token: body.data.result.secret }
      : body;
    return { ...harness.client(token), tokenId: id };
  };

  test('nobody makes anybody gain what they lack, and each may do exactly what it shows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const name = `role ${crypto.randomUUID()}`;
        const post = async (path: string, body: object) => (await tenant.rest('POST', tenant.base + path, body)).body;
        const { role_id: roleId } = await post('/roles', { name, permissions: ['apps:read', 'models:read'] });
        const email = () => `${crypto.randomUUID()}@acme.test`;
        const { member_id: memberId } = await post('/members', { email: email(), role: name });
        const keeper = await tenant.as({ permissions: KEEPER });
        const limited = await tenant.as({ role: 'Admin', workspace_ids: [workspaces.first] });
        const actors: Record<string, Client> = { admin: tenant, keeper, limited };
        const held: Held[] = [
          keeper,
          limited,
          await tenant.as({ member_id: memberId }),
          await tenant.as({ member_id: memberId, permissions: ['apps:read'] }),
          await tenant.as({ role: name }),
        ];
        const named = (role: string | null | undefined) => (role === 'custom' ? name : role);
        const granted = ({ role, permissions, workspaces: where }: Granted) => ({
          ...(role === undefined ? {} : { role: named(role) }),
          ...(permissions === undefined ? {} : { permissions }),
          ...(where === undefined ? {} : { workspaceIds: where && [workspaces[where]] }),
        });
        const call = (it: Act): Call => {
          const tokenId = 'target' in it ? required(held[it.target % held.length]).tokenId : '';
          const token = { path: `/tokens/${tokenId}`, ids: { tokenId } };
          const member = { path: `/members/${memberId}`, ids: { memberId } };
          switch (it.kind) {
            case 'make':
              return {
                method: 'POST',
                path: '/tokens',
                mutation: 'createToken',
                input: { name: 'x', ...granted(it), ...(it.asMember ? { memberId } : {}) },
              };
            case 'change': {
              const input = { ...granted(it), ...(it.expires === undefined ? {} : { expiresAt: it.expires }) };
              return { method: 'PATCH', ...token, mutation: 'updateToken', input };
            }
            case 'rotate':
              return { method: 'POST', ...token, path: `${token.path}/rotate`, mutation: 'rotateToken' };
            case 'revoke':
              return { method: 'DELETE', ...token, mutation: 'deleteToken' };
            case 'editRole': {
              const input = { permissions: it.permissions };
              return { method: 'PATCH', path: `/roles/${roleId}`, ids: { roleId }, mutation: 'updateRole', input };
            }
            case 'promote':
              return { method: 'PATCH', ...member, mutation: 'updateMember', input: { role: named(it.role) } };
            case 'join': {
              const input = { email: email(), role: named(it.role) };
              return { method: 'POST', path: '/members', mutation: 'createMember', input };
            }
            case 'leave':
              return { method: 'DELETE', ...member, mutation: 'deleteMember' };
          }
        };

        let before = await Promise.all(held.map(rights));
        for (const { by, door, act: it } of steps) {
          const own = await rights(required(actors[by]));
          const answer = await send(required(actors[by]), door, call(it));
          const done = took(answer);
          if (done && it.kind === 'make') held.push(secretOf(answer));
          if (done && it.kind === 'rotate') {
            const fresh = secretOf(answer);
            const place = held.findIndex(({ tokenId }) => tokenId === fresh.tokenId);
            // Whoever rotates learns the secret: all that it opens is gained.
            before[place] = new Set();
            for (const [actor, { token }] of Object.entries(actors))
              if (token === required(held[place]).token) actors[actor] = fresh;
            held[place] = fresh;
          }
          const after = await Promise.all(held.map(rights));
          const gained = after.flatMap((now, at) => [...now].filter((pair) => !before[at]?.has(pair)));
          if (done && it.kind === 'join')
            gained.push(...pairs(words(await permissionsOf(required(named(it.role)))), null));
          expect(gained.filter((pair) => !own.has(pair))).toEqual([]);
          if (!done) expect(after).toEqual(before);
          expect(after).toEqual(await shown(held));
          before = after;
        }
      }),
      { numRuns: SHORTEST.length + 12, examples: SHORTEST.map((chain) => [chain]) },
    );
  });

  async function permissionsOf(role: string): Promise<string[]> {
    const { roles } = (await tenant.rest('GET', `${tenant.base}/roles?limit=200`)).body;
    return roles.find(({ name }: { name: string }) => name === role).permissions;
  }
});
