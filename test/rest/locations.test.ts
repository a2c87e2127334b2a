import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rows } from '../../src/catalog/nouns.ts';
import { fieldsOf, type Shape, shapeOf } from '../../src/validation/shape.ts';
import type { Issue } from '../../src/words/errors.ts';
import { snake } from '../../src/words/naming.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { addressOf, type Seeded, seed } from '../seed.ts';

/** Names as callers misspell them: any case, either style, doubled and hanging underscores, words of other languages. */
const spelling = fc.oneof(
  fc.constantFrom(
    'Limit',
    'LIMIT',
    'Name',
    '_name',
    'routeTo',
    'Route_To',
    'workspaceTags',
    'Team',
    'a__B',
    'ÄÖ',
    'ΟΔΟΣ',
    '1',
  ),
  fc.stringMatching(/^[A-Za-z_][A-Za-z_0-9.-]{0,11}$/),
);
const junk = fc.oneof(
  fc.constantFrom<unknown>(5, 1.5, true, null, '', 'x', 'env:KEY', [], {}),
  fc.dictionary(spelling, fc.constantFrom<unknown>(1, 'x', [])),
);

/** A value of the shape's form, right or wrong anywhere inside, with names of the caller's own in every object and map. */
function valueFor(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.kind === 'list') return fc.oneof(junk, fc.array(valueFor(shape.item), { maxLength: 3 }));
  if (shape.kind === 'map')
    return fc.oneof(junk, fc.dictionary(spelling, fc.oneof(junk, valueFor(shape.item)), { maxKeys: 4 }));
  if (shape.kind !== 'object') return shape.kind === 'any' ? fc.oneof(junk, fc.dictionary(spelling, junk)) : junk;
  const known = Object.entries(shape.fields).map(([name, field]) => [snake(name), valueFor(field)] as const);
  return fc
    .tuple(fc.record(Object.fromEntries(known), { requiredKeys: [] }), fc.dictionary(spelling, junk, { maxKeys: 3 }))
    .map(([fields, others]) => ({ ...others, ...fields }));
}

/** What lies at a location of what was sent; undefined where there is nothing. */
function at(sent: unknown, loc: (string | number)[]): unknown {
  return loc.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    sent,
  );
}

/** An issue names what was sent, letter for letter; one of an absent field names the object that lacks it. */
function expectNamed({ type, loc, input }: Issue, sent: Record<string, unknown>): void {
  if (type === 'missing') {
    expect([loc, at(sent, loc.slice(0, -1))]).toEqual([loc, input]);
    expect([loc, at(sent, loc)]).toEqual([loc, undefined]);
  } else expect([loc, at(sent, loc) ?? null]).toEqual([loc, input]);
}

describe('the loc of an issue', () => {
  let harness: Harness;
  let tenant: Tenant;
  let seeded: Seeded;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    seeded = await seed(tenant);
  });
  afterAll(() => harness.close());

  test.each(rows.filter((row) => row.body))('names what was sent in a body: $method $path', async (row) => {
    const shape = shapeOf(required(row.body));
    const expected = new Set([...Object.keys(fieldsOf(required(row.body))), ...shape.readOnly].map(snake));
    await fc.assert(
      fc.asyncProperty(valueFor(shape), async (body) => {
        const { status, body: answer } = await tenant.rest(
          row.method,
          addressOf(row.path, tenant, seeded),
          JSON.stringify(body),
        );
        const unknown = Object.keys(body as object).filter((name) => !expected.has(name));
        if (status !== 422) return void expect(unknown).toEqual([]);
        const issues: Issue[] = answer.detail;
        for (const issue of issues) expectNamed(issue, { body });
        const refused = issues.filter(({ type, loc }) => type === 'extra_forbidden' && loc.length === 2);
        expect(refused.map(({ loc }) => loc[1]).sort()).toEqual(unknown.sort());
      }),
      { numRuns: 40 },
    );
  });

  test.each(rows.filter((row) => row.method === 'GET'))('names what was sent in a query: $path', async (row) => {
    const known = Object.keys(row.query?.shape ?? {}).map(snake);
    const pairs = fc.array(
      fc.tuple(fc.oneof(spelling, fc.constantFrom('limit', ...known)), fc.constantFrom('', '5', 'x', 'a b')),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    await fc.assert(
      fc.asyncProperty(pairs, async (sent) => {
        const { status, body } = await tenant.rest(
          'GET',
          `${addressOf(row.path, tenant, seeded)}?${new URLSearchParams(sent)}`,
        );
        // Of a name that is given twice the last value counts.
        const query = Object.fromEntries(sent);
        const unknown = Object.keys(query).filter((name) => !known.includes(name));
        if (status !== 422) return void expect(unknown).toEqual([]);
        const issues: Issue[] = body.detail;
        for (const issue of issues) expectNamed(issue, { query });
        const refused = issues.filter(({ type }) => type === 'extra_forbidden');
        expect(refused.map(({ loc }) => loc[1]).sort()).toEqual(unknown.sort());
      }),
      { numRuns: 20 },
    );
  });

  test("a rule of the graph's is told of the body's own names", async () => {
    const reindexed = await tenant.rest('POST', `${seeded.namespace}/reindex`, {
      new_embedding_model_id: seeded.modelId,
    });
    expect(reindexed.body.detail[0].loc).toEqual(['body', 'new_embedding_model_id']);
    const bridge = { name: 'B', provider_type: 'openai', credentials_ref: 'env:A', routing_mode: 'bridge' };
    const made = await tenant.rest('POST', `${tenant.base}/provider-accounts`, bridge);
    expect(made.body.detail.map(({ loc }: Issue) => loc)).toContainEqual(['body', 'bridge_id']);
    const updated = await tenant.rest('PATCH', `${tenant.base}/provider-accounts/${seeded.accountId}`, {
      routing_mode: 'bridge',
    });
    expect(updated.body.detail.map(({ loc }: Issue) => loc)).toContainEqual(['body', 'bridge_id']);
  });
});
