import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import type { Row } from '../../src/rest/row.ts';
import { fieldsOf } from '../../src/validation/shape.ts';
import { snake } from '../../src/words/naming.ts';
import { type Harness, startHarness, type Tenant, workedMs } from '../harness.ts';
import { required } from '../required.ts';
import { type Seeded, seed } from '../seed.ts';

/** Generated from the rows: whatever comes in, the answer is JSON, quick, without a stack, never a 5xx; and nothing is stored. */
describe('bad input for every row', () => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  const pathOf = (row: Row, value?: string) => {
    const values: Record<string, string> = {
      org_id: tenant.orgId,
      workspace_id: seeded.workspaceId,
      environment_id: seeded.environmentId,
      app_id: seeded.appId,
      namespace_id: seeded.namespaceId,
      provider_account_id: seeded.accountId,
      logical_model_id: seeded.modelId,
      policy_id: seeded.policyId,
    };
    return row.path.replace(/\{([a-z_]+)\}/g, (_, name: string) =>
      name === 'org_id' ? tenant.orgId : (value ?? values[name] ?? 'absent'),
    );
  };
  const check = (answer: { status: number; text: string; body: unknown }, begin: number, expected: number[]) => {
    expect(expected, answer.text.slice(0, 300)).toContain(answer.status);
    expect(answer.status === 204 || answer.body !== null).toBe(true);
    expect(answer.text).not.toMatch(/at \S+ \(|node_modules|\.ts:\d+/);
    expect(workedMs() - begin).toBeLessThan(1_000);
  };

  const bodies: [string, string | Uint8Array][] = [
    ['null', 'null'],
    ['an array', '[]'],
    ['a scalar', '1'],
    ['truncated', '{"name": "x"'],
    ['NaN', '{"name": NaN}'],
    ['a byte order mark', '\ufeff{}'],
    ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['a lone surrogate', '{"name": "\\ud800", "nope": 1}'],
    ['__proto__', '{"__proto__": {"admin": true}}'],
    ['constructor', '{"constructor": {"prototype": {}}}'],
    ['operators', '{"$where": "sleep(1)", "name": {"$gt": ""}}'],
    ['dotted keys', '{"a.b": 1}'],
    ['1e400', '{"nope": 1e400}'],
    ['a 500-digit integer', `{"nope": ${'9'.repeat(500)}}`],
    ['deep nesting', `{"nope": ${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ['many elements', `{"nope": [${'1,'.repeat(300_000)}1]}`],
    ['duplicate keys', '{"nope": 1, "nope": 2}'],
  ];
  test.each(rows.filter((row) => row.body))('$method $path: bodies', async (row) => {
    for (const [title, body] of bodies) {
      const begin = workedMs();
      const answer = await tenant.rest(row.method, pathOf(row), body);
      expect([title, answer.status]).toEqual([title, 422]);
      check(answer, begin, [422]);
    }
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
      'multipart/form-data; boundary=x',
      ...(row.method === 'PATCH' ? ['application/json-patch+json', 'application/vnd.made-up+json'] : []),
    ]) {
      const answer = await tenant.rest(row.method, pathOf(row), '{}', { 'Content-Type': type });
      expect([type, answer.status, answer.body.error]).toEqual([type, 415, 'UNSUPPORTED_MEDIA_TYPE']);
      const taken = row.method === 'PATCH' ? answer.body.details.accepted.join(', ') : null;
      expect(answer.headers.get('accept-patch')).toBe(taken);
    }
    const taken = ['application/json; charset=UTF-8', 'application/merge-patch+json'];
    for (const type of [...taken, ...(row.method === 'PATCH' ? [] : ['application/vnd.made-up+json'])]) {
      const answer = await tenant.rest(row.method, pathOf(row), '{"nope": 1}', { 'Content-Type': type });
      expect([type, answer.status]).toEqual([type, 422]);
    }
  });

  test.each(rows.filter((row) => row.path.split('{').length > 2))('$method $path: ids', async (row) => {
    for (const id of [
      '%00',
      '%2e%2e',
      '%2Fetc%2Fpasswd',
      'x'.repeat(8_000),
      '%27%20OR%201%3D1--',
      '%25',
      '%F0%9F%92%A9',
      '*',
      '__proto__',
      tenant.orgId,
    ]) {
      const begin = workedMs();
      check(await tenant.rest(row.method, pathOf(row, id), row.body ? {} : undefined), begin, [404, 422]);
    }
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await tenant.rest(method, pathOf(row, '%zz'));
      check(answer, workedMs(), [404]);
      expect(answer.body.details.resource_type).toBe('route');
    }
  });

  test.each(rows.filter((row) => row.query))('$method $path: queries', async (row) => {
    for (const query of [
      'limit=-1',
      'limit=1e9',
      'limit=%00',
      'limit[]=1',
      'cursor=%F0%9F',
      `cursor=${'A'.repeat(4_000)}`,
      'cursor[$gt]=',
      '__proto__=1',
      'nope',
    ]) {
      const begin = workedMs();
      check(await tenant.rest(row.method, `${pathOf(row)}?${query}`), begin, [422]);
    }
  });

  test.each(rows.filter((row) => row.body))('$method $path: a place is told once', async (row) => {
    // What wakes the rules beyond types and bounds.
    const waking: Record<string, unknown> = { success: false, routing_mode: 'bridge', route_to: 'x', fallback: 'x' };
    const names = Object.keys(fieldsOf(required(row.body))).map(snake);
    const woken = Object.fromEntries(Object.entries(waking).filter(([name]) => names.includes(name)));
    for (const name of names)
      for (const value of [5, [], {}]) {
        const answer = await tenant.rest(row.method, pathOf(row), { ...woken, [name]: value });
        const places: string[] = (answer.body?.detail ?? []).map((issue: { loc: unknown[] }) => issue.loc.join('.'));
        expect([name, value, places]).toEqual([name, value, [...new Set(places)]]);
      }
  });

  test('what was refused is not stored', async () => {
    const { total } = (await tenant.rest('GET', `${tenant.base}/workspaces`)).body;
    expect(total).toBe(1);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
