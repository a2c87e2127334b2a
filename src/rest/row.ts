import type { z } from 'zod';
import { idNameOf, type Noun } from '../resource/noun.ts';
import type { Doc } from '../store/store.ts';
import { camel, pascal, snake } from '../words/naming.ts';
import { selectionOf } from './selection.ts';

/** What a row needs to know of a noun. */
type Told = Pick<Noun<Doc>, 'type' | 'resource' | 'fields' | 'bodies'>;

/** One operation of the REST API: an address and the root field of the graph that it runs. */
export interface Row {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{parameters}` in snake_case, which become arguments (or input fields) in camelCase. */
  path: string;
  operationId: string;
  summary: string;
  tag: string;
  status: 200 | 201 | 204;
  /** The root query or mutation field. */
  root: string;
  /** What is selected below the root field, aliased to the documented names. */
  selection: string;
  query?: z.ZodObject;
  /** Query parameters that go to an argument of another name, or (null) nowhere. */
  renames?: Record<string, string | null>;
  /** How the text of a query parameter is read, where the argument is no text. */
  reads?: Record<string, (text: string) => unknown>;
  /** What is selected of each value of the subscription with the root's name: it is followed where a stream is asked for. */
  stream?: string;
  body?: z.ZodType;
  /** The root's input where it is another than the body, as a free-form body is. */
  input?: (body: never) => Record<string, unknown>;
  /** No bytes mean `{}`. */
  bodyOptional?: boolean;
  /** The root field's value as the documented reply. */
  shape: (value: never) => unknown;
  /** The name of the reply's schema. */
  reply: ReplySchema | null;
  /** The payload's field that holds the resource, for its ETag; '' when the root itself is the resource. */
  resource: string | null;
  /** Whether GET with If-None-Match may answer 304: only where (or as long as) no counter or derived status is shown. */
  conditional?: Conditional;
  /** A query parameter that must equal the path's org. */
  sameOrg?: string;
}

/** Always, or as the reply says. */
type Conditional = boolean | ((reply: Record<string, unknown>) => boolean);

/** Documented in OpenAPI by this name; `fields` come from the selection and the graph's types. */
export type ReplySchema = { name: string; kind: 'message' } | ShownReply;
export type ShownReply = ResourceReply | WrappedReply | ListReply;

interface ResourceReply extends OfResource {
  kind: 'resource';
}

interface WrappedReply extends OfResource {
  kind: 'wrapped';
  /** The resource's place beside the message. */
  key: string;
}

export interface ListReply extends OfResource {
  kind: 'list';
  key: string;
  /** Of a list in another order than newest first: what a page of it is. */
  page?: string;
}

interface OfResource {
  name: string;
  /** The field by which it shows a secret, this once. */
  secret?: string;
  /** The resource's own schema name. */
  of?: string;
  /** Fields that hold another resource (or a list of it), by its schema's name. */
  parts?: Record<string, string>;
  documented?: Documented;
}

/** What OpenAPI says of a resource beyond the graph's types: the bounds of its input, as the contract repeats them. */
export interface Documented {
  input: z.ZodType;
  /** Whether the reply's own fields show the input's defaults. */
  defaults?: boolean;
  /** Fields that the contract leaves plain text in replies. */
  plain?: readonly string[];
}

/**
 * Documented names as an aliased selection: `workspace_id name` becomes `workspace_id: workspaceId name`.
 * `role=roleName` selects another field under a name; braces nest.
 */
export function select(fields: string): string {
  return fields.replace(/([a-z_0-9]+)(?:=([A-Za-z]+))?/g, (_, name: string, from: string | undefined) => {
    const field = from ?? camel(name);
    return field === name ? name : `${name}: ${field}`;
  });
}

export function parametersOf(path: string): string[] {
  return [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name);
}

interface Resource {
  /** The graph's type, which also names the OpenAPI schema. */
  type: string;
  tag: string;
  fields: string;
  /** The payload's field of its mutations. */
  payload: string;
  conditional?: Conditional;
  documented?: Documented;
}

type Common = Pick<Row, 'path' | 'operationId' | 'summary' | 'root'>;

/** GET of a list: `{total, has_more, next_cursor, <key>}`. */
export function listRow(
  resource: Resource,
  row: Common & { key: string; query: z.ZodObject; renames?: Row['renames']; sameOrg?: string },
): Row {
  const { key, ...rest } = row;
  return {
    ...rest,
    method: 'GET',
    tag: resource.tag,
    status: 200,
    selection: `{ total: totalCount pageInfo { hasNextPage endCursor } nodes { ${resource.fields} } }`,
    renames: { limit: 'first', cursor: 'after', ...row.renames },
    shape: ({ total, pageInfo, nodes }: Connection) => ({
      total,
      has_more: pageInfo.hasNextPage,
      next_cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null,
      [key]: nodes,
    }),
    reply: { name: `${resource.type}List`, kind: 'list', key, of: resource.type, documented: resource.documented },
    resource: null,
  };
}

interface Connection {
  total: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  nodes: unknown[];
}

export function getRow(resource: Resource, row: Common): Row {
  return {
    ...row,
    method: 'GET',
    tag: resource.tag,
    status: 200,
    selection: `{ ${resource.fields} }`,
    shape: (value) => value,
    reply: { name: resource.type, kind: 'resource', documented: resource.documented },
    resource: '',
    conditional: resource.conditional ?? true,
  };
}

type WriteRow = Common & Pick<Row, 'method' | 'status'> & { body?: z.ZodType; message?: string; wrapped?: boolean };

/** A mutation whose reply is the resource, the resource in a message, a message alone, or nothing. */
export function writeRow(resource: Resource, row: WriteRow): Row {
  const { message, wrapped, ...rest } = row;
  const empty = row.status === 204 || (message !== undefined && !wrapped);
  const base = { ...rest, tag: resource.tag, resource: row.method === 'DELETE' && empty ? null : resource.payload };
  if (empty)
    return {
      ...base,
      selection: '{ __typename }',
      shape: () => (message === undefined ? null : { message }),
      reply: message === undefined ? null : { name: 'Message', kind: 'message' },
    };
  return {
    ...base,
    selection: `{ resource: ${resource.payload} { ${resource.fields} } }`,
    shape: ({ resource: value }: { resource: unknown }) =>
      wrapped ? { message, [snake(resource.payload)]: value } : value,
    reply: wrapped
      ? {
          name: `${resource.type}Message`,
          kind: 'wrapped',
          key: snake(resource.payload),
          of: resource.type,
          documented: resource.documented,
        }
      : { name: resource.type, kind: 'resource', documented: resource.documented },
  };
}

/** Of a mutation that makes a secret: the resource with it, by this name of REST. */
export function withSecret({ type, payload, fields }: Resource, name: string) {
  return {
    selection: `{ resource: ${payload} { ${fields} } secret }`,
    shape: ({ resource, secret }: { resource: object; secret: string | null }) => ({ ...resource, [name]: secret }),
    reply: { name: `${type}WithSecret`, kind: 'resource', secret: name },
  } as const;
}

export type { Resource };

type Kept = Pick<Resource, 'tag' | 'conditional'> & { documented?: true | Omit<Documented, 'input'> };

/** How REST has a noun. */
export function resourceOf(noun: Told, { tag, conditional, documented }: Kept): Resource {
  return {
    type: noun.type,
    tag,
    payload: camel(noun.resource),
    fields: selectionOf(noun.fields),
    conditional,
    documented: documented && { input: noun.bodies.create, ...(documented === true ? {} : documented) },
  };
}

/** The five rows of a noun: list, create, read, merge patch, delete. */
export function nounRows(
  noun: Told,
  { list, many, key, query, ...kept }: Kept & Pick<Crud, 'list' | 'many' | 'key' | 'query'>,
): Row[] {
  const roots = { one: camel(noun.resource), many: camel(many) };
  const { create, update } = noun.bodies;
  const names = { parameter: snake(idNameOf(noun)), one: noun.resource, many, key };
  return crudRows(resourceOf(noun, kept), { ...names, list, roots, query, create, update });
}

interface Crud {
  list: string;
  /** The path parameter and the words of the operation ids: `app_id`, `app`, `apps`. */
  parameter: string;
  one: string;
  many: string;
  /** The list's key, where it is another word than `many`. */
  key?: string;
  roots: { one: string; many: string };
  query: z.ZodObject;
  create: z.ZodType;
  update: z.ZodType;
}

/** The five rows of a noun of section 7: list, create, read, merge patch, delete. */
function crudRows(
  resource: Resource,
  { list, parameter, one, many, key = many, roots, query, create, update }: Crud,
): Row[] {
  const path = `${list}/{${parameter}}`;
  const title = (verb: string, words: string) => `${verb} ${words.split('_').map(pascal).join(' ')}`;
  const mutation = (verb: string) => verb + pascal(roots.one);
  return [
    listRow(resource, {
      path: list,
      operationId: `list_${many}`,
      summary: title('List', many),
      root: roots.many,
      key,
      query,
    }),
    writeRow(resource, {
      method: 'POST',
      path: list,
      operationId: `create_${one}`,
      summary: title('Create', one),
      root: mutation('create'),
      body: create,
      status: 201,
    }),
    getRow(resource, { path, operationId: `get_${one}`, summary: title('Get', one), root: roots.one }),
    writeRow(resource, {
      method: 'PATCH',
      path,
      operationId: `update_${one}`,
      summary: title('Update', one),
      root: mutation('update'),
      body: update,
      status: 200,
    }),
    writeRow(resource, {
      method: 'DELETE',
      path,
      operationId: `delete_${one}`,
      summary: title('Delete', one),
      root: mutation('delete'),
      status: 204,
    }),
  ];
}
