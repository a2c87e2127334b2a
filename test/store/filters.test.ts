import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Decision, decisions } from '../../src/nouns/decisions/model.ts';
import { complete } from '../../src/store/complete.ts';
import { everyPage } from '../../src/store/every.ts';
import type { Clause, Query } from '../../src/store/store.ts';
import { describeEngines, type Opened, openEngine } from '../harness.ts';

const { collection } = decisions;
const id = (kind: string) => fc.option(fc.constantFrom(`${kind}_1`, `${kind}_2`), { nil: null });
const moment = fc.nat(9).map((at) => `2026-01-01T00:00:00.00${at}Z`);
const code = fc.constantFrom('RATE_LIMITED', 'CIRCUIT_OPEN', null);
const made = fc.record({
  createdAt: moment,
  workspaceId: fc.constantFrom('ws_1', 'ws_2'),
  policyId: id('pol'),
  logicalModelId: id('model'),
  providerAccountId: id('pa'),
  admitted: fc.boolean(),
  code,
});
type Made = typeof made extends fc.Arbitrary<infer M> ? M : never;

/** One value, null too, or two that are not. */
const equal = <V extends string | boolean>(field: string, ...values: V[]) =>
  fc
    .oneof(
      fc.constantFrom(...values, null).map((one) => [one]),
      fc.shuffledSubarray(values, { minLength: 2 }),
    )
    .map((within): Clause => ({ field, in: within }));
const clause: fc.Arbitrary<Clause> = fc.oneof(
  equal('workspaceId', 'ws_1', 'ws_2'),
  equal('policyId', 'pol_1', 'pol_2'),
  equal('logicalModelId', 'model_1', 'model_2'),
  equal('providerAccountId', 'pa_1', 'pa_2'),
  equal('admitted', true, false),
  moment.map((from): Clause => ({ field: 'createdAt', from })),
  moment.map((until): Clause => ({ field: 'createdAt', until })),
);
const question = fc.record({ where: fc.array(clause, { maxLength: 4 }), code, order: fc.constantFrom('asc', 'desc') });

function holds(clause: Clause, doc: Decision): boolean {
  if ('any' in clause) return clause.any.some((one) => holds(one, doc));
  const value = { ...doc }[clause.field as 'policyId'];
  if ('in' in clause) return clause.in.includes(value);
  return (!clause.from || String(value) >= clause.from) && (!clause.until || String(value) < clause.until);
}

describeEngines('fields that lists are filtered by', (engine) => {
  let opened: Opened;
  let orgs = 0;
  beforeAll(async () => {
    opened = await openEngine(engine);
  });
  afterAll(() => opened.close());

  const docOf = (orgId: string, at: number, { code: refusedFor, ...fields }: Made, version = 1): Decision => {
    const refusal = refusedFor === null ? null : { code: refusedFor, level: 'model', limit: null, retryAfter: null };
    const own = { id: `dec_${at}`, orgId, version, updatedAt: fields.createdAt, createdBy: null };
    return complete(collection, { ...own, ...fields, refusal } as unknown as Decision);
  };

  test('pages and counts by any of them answer what a look at all documents answers, as these change and go', async () => {
    const { store } = opened;
    const life = fc.record({ made, later: fc.option(made), isGone: fc.boolean() });
    const rounds = fc.tuple(fc.array(life, { maxLength: 12 }), fc.array(question, { minLength: 1, maxLength: 12 }));
    await fc.assert(
      fc.asyncProperty(rounds, async ([lives, questions]) => {
        orgs += 1;
        const orgId = `org_${orgs}`;
        const docs = lives.map(({ made: first, later, isGone }, at) => {
          const next = later && docOf(orgId, at, { ...later, createdAt: first.createdAt }, 2);
          return { first: docOf(orgId, at, first), next, isGone };
        });
        await store.commit(docs.map(({ first }) => ({ type: 'insert', in: collection, doc: first })));
        const changed = docs.flatMap(({ next }) => next ?? []);
        await store.commit(changed.map((doc) => ({ type: 'put', in: collection, doc, expected: 1 })));
        const gone = docs.filter(({ isGone }) => isGone);
        await store.commit(gone.map(({ first }) => ({ type: 'remove', in: collection, key: first })));
        const left = docs.filter(({ isGone }) => !isGone).map(({ first, next }) => next ?? first);
        for (const { where, code: asked, order } of questions) {
          const query: Query = { orgId, where, ...(asked === null ? {} : { ref: `refusal:${asked}` }) };
          const wanted = left
            .filter((doc) => where.every((one) => holds(one, doc)) && (asked === null || doc.refusal?.code === asked))
            .sort((a, b) => (`${a.createdAt}|${a.id}` < `${b.createdAt}|${b.id}` ? -1 : 1))
            .map((doc) => doc.id);
          const found: string[] = [];
          const pages = everyPage(store, collection, { ...query, order: order as 'asc', limit: 2 });
          for await (const docs of pages) found.push(...docs.map((doc) => doc.id));
          expect({ query, found }).toEqual({ query, found: order === 'asc' ? wanted : wanted.reverse() });
          expect(await store.counts(collection, [query])).toEqual([wanted.length]);
        }
      }),
      { numRuns: Number(process.env.SWITCHYARD_ROUNDS ?? 20) },
    );
  });
});
