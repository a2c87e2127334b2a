import { rows } from '../src/catalog/nouns.ts';
import { type Shape, shapeOf } from '../src/validation/shape.ts';
import { snake } from '../src/words/naming.ts';
import type { Tenant } from '../test/harness.ts';
import { addressOf, type Seeded } from '../test/seed.ts';

/** Each `@@` in it is another number at each try: what is known already costs nothing. */
export interface Sent {
  label?: string;
  method: string;
  path: string;
  body: string;
  headers?: Record<string, string>;
}

export interface Kind {
  name: string;
  /** All of the kind that are tried. */
  send: () => Iterable<Sent>;
}

const MEBIBYTE = 1_048_576;
/** What a body leaves for its other fields. */
const FILL = MEBIBYTE - 2_000;
/** So many documents of that size are listed. */
const LARGE = 100;

const graph = (query: string, variables: object = {}): Sent => ({
  method: 'POST',
  path: '/graphql',
  body: JSON.stringify({ query, variables }),
});

/** Documents that are dear before anything runs. */
export function documents(): Kind[] {
  const many = (count: number, one: (at: number) => string, between = ' ') =>
    Array.from({ length: count }, (_, at) => one(at)).join(between);
  const kind = (name: string, text: string): Kind => ({ name, send: () => [graph(`${text} #@@`)] });
  const spreads = many(90, (at) => `...F${at}`);
  return [
    kind(
      '1,600 operations',
      many(1_600, (at) => `query Q${at}{__typename}`),
    ),
    kind(
      '100 operations that spread one fragment of 80 fields',
      `${many(100, (at) => `query Q${at}{...F}`)} fragment F on Query{${many(80, () => '__typename')}}`,
    ),
    kind(
      '90 fragments of 8 equal fields',
      `{viewer{${spreads}}} ${many(90, (at) => `fragment F${at} on Viewer{${many(8, () => '__typename')}}`)}`,
    ),
    kind(
      '150 fragments of one field',
      `{viewer{${many(150, (at) => `...F${at}`)}}} ${many(150, (at) => `fragment F${at} on Viewer{__typename}`)}`,
    ),
    kind('2,000 fields', `{${many(20, (at) => `a${at}:viewer{${many(99, () => '__typename')}}`)}}`),
    kind('5,000 unknown fields', `{${many(5_000, (at) => `f${at}`)}}`),
    kind('9,900 tokens of variables', `query(${many(2_400, (at) => `$v${at}:ID`)}){__typename}`),
    kind('3,000 arguments', `{viewer(${many(3_000, (at) => `a${at}:1`)}){__typename}}`),
    kind('a list of 9,900 in an argument', `{nodes(ids:[${many(9_900, () => '"a"')}]){__typename}}`),
    kind(
      'a list of 9,000 objects',
      `mutation{createWorkspace(input:{name:"a",metadata:{${many(3_000, (at) => `k${at}:1`)}}}){__typename}}`,
    ),
    kind('a text of 99,000 characters', `{node(id:"${'a'.repeat(99_000)}"){__typename}}`),
    kind('2,000 fragments', `{__typename} ${many(1_400, (at) => `fragment F${at} on Query{__typename}`)}`),
    kind(
      'types and directives that are no operations',
      many(3_000, (at) => `scalar S${at}`),
    ),
    kind('40 directives', `{${many(40, (at) => `a${at}:__typename @skip(if:false)`)}}`),
    kind(
      'introspection',
      `{__schema{types{name fields(includeDeprecated:true){name args{name type{name ofType{name ofType{name}}}} type{name ofType{name ofType{name}}}} inputFields{name type{name}} enumValues{name}}}}`,
    ),
  ];
}

export async function answers(tenant: Tenant, seeded: Seeded): Promise<Kind[]> {
  const ids: string[] = [];
  for (let at = 0; at < 50; at += 1) {
    const { body } = await tenant.rest('POST', `${tenant.base}/workspaces`, {
      organization_id: tenant.orgId,
      name: `w ${at}`,
    });
    ids.push(Buffer.from(`Workspace:${body.workspace_id}`).toString('base64url'));
    await Promise.all(
      Array.from({ length: 200 }, (_, app) =>
        tenant.rest('POST', `${tenant.base}/workspaces/${body.workspace_id}/apps`, {
          name: `app ${app}`,
          description: 'An app of many.',
        }),
      ),
    );
  }
  const list = JSON.stringify(ids);
  const aliases = Array.from({ length: 90 }, (_, at) => `a${at}:description`).join(' ');
  const apps = (fields: string) => `{nodes(ids:${list}){... on Workspace{apps(first:200){nodes{${fields}}}}}}`;
  return [
    { name: '10,000 rows of 3 fields', send: () => [graph(apps('id name createdAt'))] },
    {
      name: '10,000 rows of 102 fields',
      send: () => [graph(apps(`id appId name description createdAt updatedAt version ${aliases}`))],
    },
    { name: '10,000 rows with their workspaces', send: () => [graph(apps('id workspace{id name createdAt}'))] },
    {
      name: 'REST, 200 apps',
      send: () => [{ method: 'GET', path: `${seeded.workspace}/apps?limit=200`, body: '' }],
    },
  ];
}

/** A mebibyte of JSON in the shapes that are dear to read, to check and to tell back. */
const SHAPES: Record<string, () => string> = {
  'a long text': () => quoted('é', 2),
  'half characters': () => quoted('\\ud800', 6),
  NULs: () => quoted('\\u0000', 6),
  blanks: () => quoted(' '),
  digits: () => quoted('1'),
  'underscored digits': () => quoted('1_', 2),
  'a list of numbers': () => listed('1'),
  'a list of texts': () => listed('"a"'),
  'a list of objects': () => listed('{"a":1}'),
  'a list of lists': () => listed('[]'),
  'a list of halves': () => listed('"\\ud800"'),
  'keys of texts': () => keyed('"v"'),
  'keys of numbers': () => keyed('1'),
  'numbered keys': () => keyed('1', 7),
  'keys of objects': () => keyed('{"name":"v"}'),
  'deep lists': () => `${'['.repeat(FILL / 2)}${']'.repeat(FILL / 2)}`,
  'deep objects': () => `${'{"a":'.repeat(FILL / 6)}1${'}'.repeat(FILL / 6)}`,
  'many deep objects': () => listed(`${'{"a":'.repeat(24)}1${'}'.repeat(24)}`),
  'no JSON': () => `${listed('1')}x`,
};

function quoted(text: string, length = text.length): string {
  return `"${text.repeat(Math.floor(FILL / length))}"`;
}

function listed(item: string): string {
  return `[${Array(Math.floor(FILL / (item.length + 1)))
    .fill(item)
    .join()}]`;
}

function keyed(value: string, step = 0): string {
  const count = Math.floor(FILL / (value.length + 10));
  return `{${Array.from({ length: count }, (_, at) => `"${step === 0 ? `k${at}` : at * step}":${value}`).join()}}`;
}

/** Each shape in each field of each body, down to the fields of its objects, and as the body itself. */
export function bodies(tenant: Tenant, seeded: Seeded): Kind[] {
  return Object.entries(SHAPES).map(([shape, make]) => ({
    name: shape,
    *send() {
      const text = make();
      const known = new Set<string>();
      for (const row of rows) {
        if (!row.body || row.method === 'DELETE') continue;
        const path = addressOf(row.path, tenant, seeded);
        const sent = (where: string, body: string): Sent => ({
          label: `${row.operationId} ${where}`,
          method: row.method,
          path,
          body,
        });
        yield sent('(whole)', text);
        for (const at of [...placesOf(shapeOf(row.body)), ['unknown']]) {
          // One row of a method stands for all that have the field.
          const place = `${row.method} ${at.join('.')}`;
          if (known.has(place)) continue;
          known.add(place);
          yield sent(
            at.join('.'),
            at.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, text),
          );
        }
      }
    },
  }));
}

function placesOf(shape: Shape): string[][] {
  return Object.entries(shape.kind === 'object' ? shape.fields : {}).flatMap(([name, field]) => [
    [snake(name)],
    ...placesOf(field).map((below) => [snake(name), ...below]),
  ]);
}

/** Documents of a mebibyte, what lists of them cost, and what their changes leave in the audit. */
export async function large(tenant: Tenant, seeded: Seeded): Promise<Kind[]> {
  const { environmentId } = seeded;
  const fillings: [string, unknown][] = [
    ['texts', Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`k${at}`, 'x'.repeat(25_000)]))],
    ['numbers', { list: Array(FILL / 2 - 500).fill(1) }],
    ['keys', Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`k${at}`, 1]))],
  ];
  const found: Kind[] = [];
  for (const [name, episode_config] of fillings) {
    const namespace = (at: string) =>
      JSON.stringify({ name: `${name} ${at}`, environment_id: environmentId, episode_config });
    const { body } = await tenant.rest('POST', `${seeded.workspace}/apps`, { name });
    const path = `${seeded.workspace}/apps/${body.app_id}/namespaces`;
    let first = '';
    for (let at = 0; at < LARGE; at += 1)
      first = (await tenant.rest('POST', path, namespace(String(at)))).body.namespace.namespace_id;
    const key = { 'Idempotency-Key': `hold-${name}` };
    await tenant.rest('POST', path, namespace('kept'), key);
    const post = (label: string, at: string, headers = {}): Sent => ({
      label,
      method: 'POST',
      path,
      body: namespace(at),
      headers,
    });
    const get = (label: string, to: string): Sent => ({ label, method: 'GET', path: to, body: '' });
    const rename = (): Sent => ({
      label: 'rename',
      method: 'PUT',
      path: `${path}/${first}`,
      body: '{"description":"@@"}',
    });
    const alter = (): Sent => ({
      label: 'alter',
      method: 'PUT',
      path: `${path}/${first}`,
      body: '{"episode_config":{"more":"@@"}}',
    });
    const each = (kind: string, ...send: Sent[]) => found.push({ name: `${name}: ${kind}`, send: () => send });
    each('create', post('create', 'new @@'));
    each('create under a key', post('keyed', 'key @@', { 'Idempotency-Key': `new-${name}-@@` }));
    each('replay', post('replay', 'kept', key));
    each('read one', get('get', `${path}/${first}`));
    each('rename', rename());
    each('alter', alter());
    each('list', get('list', `${path}?limit=200`));
    each('audit', get('audit', `${tenant.base}/audit-events?limit=200`));
    each('graph', graph(`{app(appId:"${body.app_id}"){namespaces(first:200){nodes{episodeConfig}}}}`));
    const aliases = Array.from({ length: 90 }, (_, at) => `a${at}:episodeConfig`).join(' ');
    each('graph, 90 times', graph(`{app(appId:"${body.app_id}"){namespaces(first:200){nodes{${aliases}}}}}`));
  }
  return found;
}
