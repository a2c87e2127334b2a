import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isName, trimWhite } from '../../src/validation/names.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

let harness: Harness;
let tenant: Tenant;
let seeded: Seeded;
beforeAll(async () => {
  harness = await startHarness();
  tenant = await harness.org();
  seeded = await seed(tenant);
});
afterAll(() => harness.close());

const every = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));
const white = every.filter((character) => /\p{White_Space}/u.test(character));
const controls = every.filter((character) => /[\p{Cc}\p{Bidi_Control}]/u.test(character));
const zeroWidth = [
  ...'\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0',
];

/** Every way to a name: what is created or changed, with what else it needs. */
const ways = (): [method: string, path: string, more: object][] => [
  ['PATCH', tenant.base, {}],
  ['POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId }],
  ['PUT', seeded.workspace, {}],
  ['POST', `${seeded.workspace}/apps`, {}],
  ['PATCH', seeded.app, {}],
  ['POST', `${seeded.workspace}/environments`, {}],
  ['POST', `${seeded.app}/namespaces`, { environment_id: seeded.environmentId }],
  ['PUT', seeded.namespace, {}],
  ['PATCH', `${tenant.base}/logical-models/${seeded.modelId}`, {}],
  ['POST', `${tenant.base}/provider-accounts`, { provider_type: 'openai', credentials_ref: 'env:X' }],
  ['PATCH', `${tenant.base}/router-policies/${seeded.policyId}`, {}],
  ['POST', `${tenant.base}/roles`, { permissions: [] }],
  ['POST', `${tenant.base}/tokens`, { role: 'Viewer' }],
  ['POST', `${tenant.base}/members`, { email: 'x@example.com', role: 'Viewer' }],
];
let count = 0;
const send = ([method, path, more]: ReturnType<typeof ways>[number], name: string) =>
  tenant.rest(method, path, { ...more, name });

test('control characters and bidi controls are refused wherever they stand, joiners but between two others', () => {
  for (const character of [...controls, ...zeroWidth]) expect(isName(`a${character}b`), shown(character)).toBe(false);
  for (const joiner of ['\u200c', '\u200d']) {
    expect([`a${joiner}b`, `${joiner}a`, `a${joiner}`, `a${joiner}${joiner}b`, joiner].map(isName)).toEqual([
      ...[true, false, false, false, false],
    ]);
  }
  expect(['\ufe0fa', 'a\ufe0f\ufe0f', 'a\u200d\ufe0fb'].map(isName)).toEqual([false, false, false]);
  expect(['❤️', '👩‍💻', 'می‌خواهم', 'Straße 7', 'ΟΔΟΣ', '日本語'].map(isName)).not.toContain(false);
});

test('exactly White_Space is cut off, at the ends only', () => {
  const space = fc.string({ unit: fc.constantFrom(...white), maxLength: 4 });
  fc.assert(
    fc.property(space, space, space, (left, inner, right) => {
      expect(trimWhite(`${left}a${inner}b${right}`)).toBe(`a${inner}b`);
    }),
  );
  for (const character of every)
    if (trimWhite(character) !== (white.includes(character) ? '' : character)) expect.unreachable(shown(character));
});

test('by every way and both doors: trimmed, then refused', async () => {
  for (const way of ways()) {
    count += 1;
    const at = count % zeroWidth.length;
    const refused = await send(way, `a${zeroWidth[at]}b`);
    expect(refused.body.detail, way[1]).toMatchObject([{ type: 'value_error', loc: ['body', 'name'] }]);
    const blank = await send(way, white.join(''));
    expect(blank.body.detail, way[1]).toMatchObject([{ type: 'string_too_short', loc: ['body', 'name'] }]);
    const kept = await send(way, `${white.join('')}Name ${count}\u00a0`);
    expect([200, 201], kept.text).toContain(kept.status);
    expect(kept.body.name ?? kept.body.namespace?.name).toBe(`Name ${count}`);
  }
  const create = 'mutation($name: String!) { createRole(input: { name: $name, permissions: [] }) { role { name } } }';
  const byGraph = (name: string) => tenant.graphql(create, { name });
  expect((await byGraph(' Graph\u3000')).body.data.createRole.role.name).toBe('Graph');
  expect((await byGraph('\u202eevil')).body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
});

test('a name beside a built-in role’s is that role’s', async () => {
  const answer = await send(['POST', `${tenant.base}/roles`, { permissions: [] }], 'admin ');
  expect([answer.status, answer.body.details.field]).toEqual([409, 'name']);
});

function shown(character: string): string {
  return `U+${required(character.codePointAt(0)).toString(16)}`;
}
