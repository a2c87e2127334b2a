import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import { checkBoolean, checkInteger, checkNumber } from '../../src/validation/scalars.ts';
import type { Issue } from '../../src/words/errors.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { addressOf, type Seeded, seed } from '../seed.ts';

interface Lax {
  read: [input: unknown, value: unknown][];
  refused: Record<string, unknown[]>;
}
/** Pydantic's own verdicts; `lax.py` beside it has made them. */
const lax: Record<'integer' | 'number' | 'boolean', Lax> = JSON.parse(
  readFileSync(new URL('../fixtures/lax.json', import.meta.url), 'utf8'),
);

/** What pydantic says of an input, but where the contract says another thing: null where it is read. */
function verdictOf(kind: keyof typeof lax, input: unknown): string | null {
  const { refused } = lax[kind];
  const type = Object.keys(refused).find((name) =>
    required(refused[name]).some((one) => Object.is(one, input) || same(one, input)),
  );
  // Its parser of numbers takes underscores beside anything; the plain reading has them between digits.
  if (kind === 'number' && typeof input === 'string' && /(?<!\d)_|_(?!\d)/.test(input.trim())) return 'float_parsing';
  if (type === 'nan' || type === 'inf' || type === '-inf') return 'float_parsing';
  // Of the size of an integer its bound speaks, or the rule of ours for all numbers.
  return type === undefined || type === 'int_parsing_size' ? null : type;
}

function same(one: unknown, input: unknown): boolean {
  return typeof one === 'object' && one !== null && JSON.stringify(one) === JSON.stringify(input);
}

const inputs = [...lax.integer.read.map(([input]) => input), ...Object.values(lax.integer.refused).flat()];

describe("the contract's letter", () => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const limit = async (text: string) =>
    (await tenant.rest('GET', `${tenant.base}/workspaces?limit=${text}`)).body.detail?.[0]?.type;

  test.each(['5.', '-5.', '+5.', '1_0.'])('%s is no integer', async (text) => {
    expect(await limit(encodeURIComponent(text))).toBe('int_parsing');
  });

  test('a huge limit is refused in the words of its bound, as text and as a number', async () => {
    expect(await limit('100000000000000000000')).toBe('less_than_equal');
    expect(await limit('-100000000000000000000')).toBe('greater_than_equal');
    const body = '{"workspace_id":"ws","estimated_input_tokens":-1e30}';
    const decided = await tenant.rest('POST', `${tenant.base}/decisions`, body);
    expect(decided.body.detail[0].type).toBe('greater_than_equal');
    const named = await tenant.rest('POST', `${tenant.base}/workspaces`, '{"name":1e30,"region":"eu"}');
    const issues: { loc: string[]; type: string }[] = named.body.detail;
    expect(issues.find(({ loc }) => loc[1] === 'name')?.type).toBe('string_type');
  });

  test('an integer of 5,000 digits is beyond its bound; without one it is beyond what JSON carries', async () => {
    const digits = '9'.repeat(5_000);
    expect(await limit(digits)).toBe('less_than_equal');
    expect(await limit(`-${digits}`)).toBe('greater_than_equal');
    for (const priority of [digits, `"${digits}"`, `"-${digits}"`]) {
      const body = `{"name":"P","match":{},"route_to":"m","priority":${priority}}`;
      const [issue] = (await tenant.rest('POST', `${tenant.base}/router-policies`, body)).body.detail;
      expect([issue.type, issue.loc]).toEqual(['value_error', ['body', 'priority']]);
    }
  });

  test('integers, numbers and booleans are refused where pydantic refuses them, in its words', async () => {
    const beyond = ['greater_than_equal', 'less_than_equal', 'value_error'];
    const path = `${tenant.base}/router-policies/${seeded.policyId}`;
    for (const input of inputs) {
      const body = { priority: input, circuit_breaker: { error_threshold_percent: input }, enabled: input };
      const { detail = [] } = (await tenant.rest('PATCH', path, JSON.stringify(body))).body as { detail?: Issue[] };
      for (const [kind, name] of [
        ['integer', 'priority'],
        ['number', 'error_threshold_percent'],
        ['boolean', 'enabled'],
      ] as const) {
        const issue = detail.find(({ loc }) => loc.includes(name));
        const told = issue === undefined || beyond.includes(issue.type) ? null : issue.type;
        expect([kind, input, told]).toEqual([kind, input, verdictOf(kind, input)]);
      }
    }
  });

  test.each([
    ['integer', checkInteger],
    ['number', checkNumber],
    ['boolean', checkBoolean],
  ] as const)('%s: what pydantic reads is read as the same value', (kind, check) => {
    for (const [input, value] of lax[kind].read) {
      if (verdictOf(kind, input) !== null) continue;
      const checked = check(input, []);
      expect([input, 'value' in checked ? Number(checked.value) : null]).toEqual([input, Number(value) + 0]);
    }
  });

  test.each(['-0', '0', '0.0', '-0.0', '"-0"', '"0.0"'])(
    '%s is the zero that is stored, and changes nothing',
    async (zero) => {
      const path = `${tenant.base}/router-policies/${seeded.policyId}`;
      const before = await tenant.rest('PATCH', path, { priority: 0, circuit_breaker: { error_threshold_percent: 0 } });
      const body = `{"priority":${zero},"circuit_breaker":{"error_threshold_percent":${zero}}}`;
      const after = await tenant.rest('PATCH', path, body);
      expect([after.status, after.headers.get('etag')]).toEqual([200, before.headers.get('etag')]);
    },
  );

  // What the contract refuses beyond pydantic it refuses where pydantic would take it; else pydantic's words stand.
  const worst = ['"1\\u0000"', '"1\\ud800"', '1e400', '-1e400', '9007199254740993', `"${'x'.repeat(256)}\\u0000"`];
  const own = 'value_error';
  test.each([
    ['priority', ['int_parsing', own, own, own, own, 'int_parsing']],
    ['enabled', ['bool_parsing', own, 'bool_type', 'bool_type', 'bool_parsing', 'bool_parsing']],
    ['name', [own, own, 'string_type', 'string_type', 'string_type', 'string_too_long']],
    ['description', [own, own, 'string_type', 'string_type', 'string_type', own]],
    ['tags', worst.map(() => 'dict_type')],
    ['match', worst.map(() => 'model_attributes_type')],
    [
      'circuit_breaker.error_threshold_percent',
      ['float_parsing', own, 'less_than_equal', 'greater_than_equal', 'less_than_equal', 'float_parsing'],
    ],
  ])('%s refuses NUL, half characters and endless numbers in the words that pydantic has', async (field, types) => {
    const place = field.split('.');
    for (const [at, value] of worst.entries()) {
      const body = place.reduceRight((inner, name) => `{"${name}":${inner}}`, value);
      const answer = await tenant.rest('PATCH', `${tenant.base}/router-policies/${seeded.policyId}`, body);
      const [issue] = answer.body.detail;
      expect([value.slice(0, 20), issue.type, issue.loc]).toEqual([value.slice(0, 20), types[at], ['body', ...place]]);
    }
  });

  test('an enum and a list refuse NUL and half characters in their own words', async () => {
    for (const text of ['"openai\\u0000"', '"\\ud800"', '1e400']) {
      const account = `{"name":"A","credentials_ref":"env:A","provider_type":${text}}`;
      const refused = await tenant.rest('POST', `${tenant.base}/provider-accounts`, account);
      expect([text, refused.body.detail[0].type]).toEqual([text, 'enum']);
      const app = await tenant.rest(
        'POST',
        `${tenant.base}/workspaces/${seeded.workspaceId}/apps`,
        `{"name":"A","tags":${text}}`,
      );
      expect([text, app.body.detail[0].type]).toEqual([text, 'list_type']);
    }
    const listed = await tenant.rest(
      'GET',
      `${tenant.base}/provider-accounts?enabled_only=true%00&limit=5%00&status=active%00`,
    );
    expect(listed.body.detail.map(({ type }: Issue) => type)).toEqual(['enum', 'bool_parsing', 'int_parsing']);
  });

  test('what a 422 tells back is whole text, whatever was sent', async () => {
    const body = '{"\\ud800":{"\\udfff":["a\\ud800"]},"name":5,"tags":{"\\ud800":"x","k":"\\udc00"}}';
    const answer = await tenant.rest('POST', `${tenant.base}/provider-accounts`, body);
    expect(answer.status).toBe(422);
    expect(answer.text).not.toMatch(/\\ud[89a-f]/i);
  });

  test.each(['%ff', 'a%ED%A0%80', '%F0%9F%98', '%C0%80', '%EF%BF%BD%ff'])('a query of %s is no text', async (bytes) => {
    const list = `${tenant.base}/workspaces/${seeded.workspaceId}/apps/${seeded.appId}/namespaces`;
    const answer = await tenant.rest('GET', `${list}?search=${bytes}&limit=${bytes}`);
    expect([answer.status, answer.body.detail?.map(({ loc }: Issue) => loc[1])]).toEqual([422, ['search', 'limit']]);
  });

  test.each(['%EF%BF%BD', '%', '100%', '%zz', '%F0%9F%98%80', 'a+b'])('a query of %s is text', async (text) => {
    const list = `${tenant.base}/workspaces/${seeded.workspaceId}/apps/${seeded.appId}/namespaces`;
    expect((await tenant.rest('GET', `${list}?search=${text}`)).status).toBe(200);
  });

  test('a question mark belongs to the name that it stands before', async () => {
    const { body } = await tenant.rest('GET', `${tenant.base}/workspaces??limit=1&?x=2`);
    expect(body.detail.map(({ loc }: Issue) => loc)).toEqual([
      ['query', '?limit'],
      ['query', '?x'],
    ]);
  });

  const paths = [...new Set(rows.map(({ path }) => path))];
  test.each(paths)('%s answers other methods with a 405 that names its own', async (path) => {
    const own = rows.filter((row) => row.path === path).map(({ method }) => method as string);
    // HEAD is answered as GET is.
    const all = own.includes('GET') ? [...own, 'HEAD'] : own;
    const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((method) => !own.includes(method));
    for (const method of others) {
      const answer = await tenant.rest(method, addressOf(path, tenant, seeded), method === 'GET' ? undefined : {});
      const allow = answer.headers.get('allow')?.split(', ') ?? [];
      expect([method, answer.status, allow.toSorted()]).toEqual([method, 405, all.toSorted()]);
      expect(answer.body.error).toBe('METHOD_NOT_ALLOWED');
      expect(answer.body.details.allow).toEqual(allow);
    }
  });
});
