import { getNamedType, isNonNullType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { rows } from '../../src/catalog/nouns.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { addressOf, parametersOf, type Seeded, seed } from '../seed.ts';

let harness: Harness;
let tenant: Tenant;
let seeded: Seeded;
beforeAll(async () => {
  harness = await startHarness();
  tenant = await harness.org();
  seeded = await seed(tenant);
});
afterAll(() => harness.close());

/** What each argument of a list refuses, and as what. */
const BAD: Record<string, [value: unknown, type: string][]> = {
  first: [
    [0, 'greater_than_equal'],
    [201, 'less_than_equal'],
  ],
  last: [
    [-1, 'greater_than_equal'],
    [201, 'less_than_equal'],
  ],
  after: [
    ['x', 'value_error'],
    ['', 'value_error'],
  ],
  before: [
    ['x', 'value_error'],
    ['\0', 'value_error'],
  ],
  search: [
    ['x'.repeat(257), 'string_too_long'],
    ['\0', 'value_error'],
  ],
  action: [['\0', 'value_error']],
  types: [[['two words'], 'value_error']],
};

type Named = [name: string, value: unknown, type: string];

/** Every way to get some of these wrong at once. */
function mistakes(names: readonly string[]): Named[][] {
  let all: Named[][] = [[]];
  for (const name of names) {
    const wrong = required(BAD[name]).map(([value, type]): Named => [name, value, type]);
    all = all.concat(all.flatMap((some) => wrong.map((one) => [...some, one])));
  }
  return all;
}

const told = (issues: { loc: (string | number)[]; type: string; msg: string }[], from: number) =>
  issues.filter(({ msg }) => !msg.includes('cannot be given together')).map(({ loc, type }) => [loc[from], type]);

const isPaged = ({ name }: { name: string }) => ['first', 'limit'].includes(name);
const fieldsOf = (name: string) => {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
};

const places = ['Query', 'Organization', 'Workspace', 'App', 'Namespace'].flatMap((parent) =>
  fieldsOf(parent)
    .filter(({ args }) => args.some(isPaged))
    .map((field) => ({ title: `${parent}.${field.name}`, parent, field })),
);

test.each(places)('$title tells all that is wrong with a page at once', async ({ parent, field }) => {
  const ids = parametersOf(tenant, seeded);
  const values: Record<string, string> = Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), id]),
  );
  const literal = (name: string, type: unknown) =>
    `${name}: ${String(type).startsWith('Usage') ? 'day' : JSON.stringify(values[name] ?? 'absent')}`;
  const given = field.args.filter(({ type }) => isNonNullType(type)).map(({ name, type }) => literal(name, type));
  const id = { Organization: 'orgId', Workspace: 'workspaceId', App: 'appId', Namespace: 'namespaceId' }[parent];
  const around = id && `${parent.toLowerCase()}(${literal(id, 'ID')})`;
  const bad = mistakes(field.args.map(({ name }) => name).filter((name) => name in BAD));
  expect(bad.length).toBeGreaterThan(1);
  for (const some of bad.slice(1)) {
    const args = [...given, ...some.map(([name, value]) => `${name}: ${JSON.stringify(value)}`)].join(', ');
    const asked = `${field.name}(${args}) { __typename }`;
    const { body } = await tenant.graphql(around ? `{ ${around} { ${asked} } }` : `{ ${asked} }`);
    const expected = some.map(([name, , type]) => [name, type]).sort();
    expect([asked, told(body.errors[0].extensions.details.detail, 0).sort()]).toEqual([asked, expected]);
  }
  expect(getNamedType(field.type).name).toMatch(/Connection$|^EventPage$/);
});

/** The same by REST, whose schemas of queries refuse a part before the graph is asked. */
const RENAMED: Record<string, string> = { limit: 'first', cursor: 'after' };
const lists = rows.filter(({ query }) => query && Object.keys(query.shape).some((name) => name === 'limit'));

test.each(lists)('$method $path tells all that is wrong with its query at once', async (row) => {
  const names = Object.keys(required(row.query).shape);
  const asked = names.filter((name) => (RENAMED[name] ?? name) in BAD);
  const nameOf = (argument: string) => required(asked.find((name) => (RENAMED[name] ?? name) === argument));
  expect(asked.length).toBeGreaterThan(1);
  for (const some of mistakes(asked.map((name) => RENAMED[name] ?? name)).slice(1)) {
    const query = some.map(([name, value]) => `${nameOf(name)}=${encodeURIComponent(String(value))}`).join('&');
    const { status, body } = await tenant.rest('GET', `${addressOf(row.path, tenant, seeded)}?${query}`);
    const expected = some.map(([name, , type]) => [nameOf(name), type]);
    expect([query, status, told(body.detail, 1)]).toEqual([query, 422, expected]);
  }
});
