import { type GraphQLInputType, getNullableType, isEnumType, isNonNullType, isObjectType, isScalarType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { schema } from '../../src/catalog/graph.ts';
import { type Client, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';

let harness: Harness;
let tenant: Tenant;
let reader: Client;
beforeAll(async () => {
  harness = await startHarness();
  tenant = await harness.org();
  reader = await tenant.as({ permissions: ['orgs:create'] });
});
afterAll(() => harness.close());

const isText = (type: GraphQLInputType) => {
  const inner = getNullableType(type);
  return isScalarType(inner) && ['ID', 'String'].includes(inner.name);
};
const OPEN = ['node', 'nodes'];
/** Generated from the schema: every text or id that a field asks for beside an `input`. */
const fieldsOf = (name: string) =>
  Object.values(required(schema.getType(name) as ReturnType<typeof schema.getQueryType>).getFields());
const roots = [...fieldsOf('Query'), ...fieldsOf('Subscription')].filter(({ name }) => !OPEN.includes(name));
const texts = roots.flatMap((field) =>
  field.args.filter(({ name, type }) => name !== 'orgId' && isText(type)).map(({ name }) => ({ field, name })),
);
const BAD = {
  '\0': 'Value error, text must not contain the character NUL',
  '\ud800': 'Value error, text must not contain lone surrogates',
  'a\udfffb': 'Value error, text must not contain lone surrogates',
};

function madeUp(type: GraphQLInputType): string {
  const inner = getNullableType(type);
  return isEnumType(inner) ? required(inner.getValues()[0]).name : '"x"';
}

function documentOf({ field, name }: (typeof texts)[number]): string {
  const kind = fieldsOf('Subscription').includes(field) ? 'subscription' : 'query';
  const args = field.args.filter((arg) => arg.name === name || isNonNullType(arg.type));
  const values = args.map((arg) => `${arg.name}: ${arg.name === name ? '$text' : madeUp(arg.type)}`).join(', ');
  const type = required(args.find((arg) => arg.name === name)).type;
  return `${kind}($text: ${String(type)}) { ${field.name}(${values}) { __typename } }`;
}

test('NUL and half characters are refused in every text and id that a root field asks for', async () => {
  expect(texts.length).toBeGreaterThan(60);
  for (const one of texts)
    for (const [text, msg] of Object.entries(BAD)) {
      const document = documentOf(one);
      const Accept = document.startsWith('query') ? 'application/json' : 'text/event-stream';
      const { body } = await tenant.graphql(document, { text }, { Accept });
      const [{ code, details }] = required(body?.errors).map(({ extensions }: { extensions: object }) => extensions);
      expect([one.field.name, code, details.detail[0].loc, details.detail[0].msg]).toEqual([
        one.field.name,
        'VALIDATION_FAILED',
        [one.name],
        msg,
      ]);
    }
});

test('who may not ask hears that first', async () => {
  const { body } = await reader.graphql('query($text: ID!) { app(appId: $text) { name } }', { text: '\0' });
  expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
});

test('so it is in lists below others, and `node` still knows no such id', async () => {
  const below = Object.values(schema.getTypeMap()).filter(isObjectType);
  const namespaces = below.flatMap((type) => (type.name === 'App' ? Object.values(type.getFields()) : []));
  expect(namespaces.some(({ args }) => args.some(({ type }) => isText(type)))).toBe(true);
  const document = 'query($text: String) { viewer { organization { workspaces(after: $text) { totalCount } } } }';
  const { body } = await tenant.graphql(document, { text: '\0' });
  expect(body.errors[0].extensions.details.detail[0].msg).toBe(BAD['\0']);
  const nodes = await tenant.graphql('query($text: ID!) { node(id: $text) { id } nodes(ids: [$text]) { id } }', {
    text: '\ud800',
  });
  expect(nodes.body).toEqual({ data: { node: null, nodes: [null] } });
});
