import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';

describe("the contract's letter", () => {
  let harness: Harness;
  let tenant: Tenant;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
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

  test.each(['GET', 'PUT', 'PATCH', 'DELETE'])(
    '%s at a fixed word is a 405 that names its own methods',
    async (method) => {
      const answer = await tenant.rest(
        method,
        `${tenant.base}/router-policies/test-match`,
        method === 'GET' ? undefined : {},
      );
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    },
  );
});
