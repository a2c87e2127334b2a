import type { ArgBuilder, FieldMap, ObjectRef } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { Context } from '../resource/context.ts';
import type { DocOf, Fields } from '../resource/field/field.ts';
import { type FieldNoun, find, load, may, type Noun } from '../resource/noun.ts';
import {
  type Connection,
  connect,
  type List,
  type ListExtensions,
  type PageArgs,
  pageIssues,
} from '../resource/page.ts';
import { etagOf } from '../resource/version.ts';
import { chain, type Doc, type MaybePromise } from '../store/store.ts';
import { invalid, valueError } from '../words/errors.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { type ConnectionRef, connectionType } from './connections.ts';
import { isCounted } from './counted.ts';
import { direct, property } from './execution/direct.ts';
import { type Answers, exposed } from './expose.ts';
import { brand, decodeGlobalId, encodeGlobalId } from './global-id.ts';

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;
type FieldsOf<D> = (t: PothosSchemaTypes.ObjectFieldBuilder<Types, D>) => FieldMap;
export type NodeRef<D> = ObjectRef<Types, D, D>;

interface NodeType {
  noun: Noun<Doc>;
  ref: NodeRef<Doc>;
  connection: ConnectionRef<Doc>;
}

const nodeTypes = new Map<string, NodeType>();

/** A noun's type in the graph. It is named before its fields are known, so that nouns can refer to each other. */
export function refOf<D extends Doc>(noun: Noun<D>): NodeRef<D> {
  return nodeTypeOf(noun).ref as unknown as NodeRef<D>;
}

export function connectionOf<D extends Doc>(noun: Noun<D>): ConnectionRef<D> {
  return nodeTypeOf(noun).connection as unknown as ConnectionRef<D>;
}

function nodeTypeOf<D extends Doc>(noun: Noun<D>): NodeType {
  const known = nodeTypes.get(noun.type);
  if (known) return known;
  const ref = builder.objectRef<Doc>(noun.type) as NodeRef<Doc>;
  const connection = connectionType(noun.type, ref);
  const made = { noun, ref, connection };
  nodeTypes.set(noun.type, made);
  return made;
}

/** Gives a node type what its noun's fields do not tell: its edges, and the answers to what is derived. */
export function defineNode<F extends Fields>(
  noun: FieldNoun<F>,
  description: string,
  edges?: FieldsOf<DocOf<F>>,
  ...answers: object extends Answers<F, DocOf<F>> ? [Answers<F, DocOf<F>>?] : [Answers<F, DocOf<F>>]
): void;
export function defineNode<D extends Doc>(
  noun: Noun<D>,
  description: string,
  edges?: FieldsOf<D>,
  answers: object = {},
): void {
  builder.objectType(refOf(noun), {
    description,
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({ description: 'The opaque global id.', resolve: direct((doc) => encodeGlobalId(noun.type, doc.id)) }),
      ...exposed(t, noun.fields, answers),
      ...edges?.(t as never),
      version: t.int({
        description:
          'Counts the changes from 1, the product’s own too (a bucket that becomes ready); `expectedVersion` of updates is compared with it.',
        resolve: property('version'),
      }),
      etag: t.string({
        description: 'The strong ETag of this version, as REST replies carry it.',
        resolve: direct((doc) => etagOf(doc)),
      }),
      createdAt: t.field({ type: 'DateTime', description: 'When it was created.', resolve: property('createdAt') }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When it last changed; counters and derived status do not count.',
        resolve: property('updatedAt'),
      }),
      createdBy: t.string({
        nullable: true,
        description: 'The actor (member or service token) that created it.',
        resolve: property('createdBy'),
      }),
    }),
  });
}

/** A field that leads to one other node; null where it is absent or hidden. */
export function edge<P extends Doc, D extends Doc>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, P>,
  to: Noun<D>,
  description: string,
  idOf: (parent: P) => string | null,
) {
  return t.field({
    type: refOf(to),
    nullable: true,
    description,
    permission: `${to.permission}:read`,
    resolve: (parent, _args, ctx) => load(ctx, to, idOf(parent as P)) as never,
  });
}

/** The arguments of every connection, and the order that a walk takes. */
export function connectionArgs(t: { arg: ArgBuilder<Types> }) {
  return {
    ...t.arg.connectionArgs(),
    oldestFirst: t.arg.boolean({ description: 'Walk from the oldest to the newest; newest first by default.' }),
  };
}

/** A list with filters of its own: the same wherever it stands in the graph. */
export interface FilteredList<D extends Doc, A> {
  args?: (t: { arg: ArgBuilder<Types> }) => object;
  list: (args: A, ctx: Context) => Omit<List<D>, 'noun'>;
  /** Pages in another way than by what is stored. */
  connect?: (ctx: Context, list: List<D>, page: PageArgs, args: A) => MaybePromise<Connection<D>>;
}

/** A field that leads to a list of nodes below (or around) the parent. */
export function listEdge<P extends Doc, D extends Doc>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, P>,
  to: Noun<D>,
  description: string,
  listOf: (parent: P, ctx: Context) => Omit<List<D>, 'noun'>,
) {
  return filteredEdge(t, to, description, { list: ({ parent }: { parent: P }, ctx) => listOf(parent, ctx) });
}

/** The same with the list's filters; the list is given the parent among its arguments. */
export function filteredEdge<P extends Doc, D extends Doc, A extends { parent: P }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<Types, P>,
  to: Noun<D>,
  description: string,
  { args, list, connect: connectList = connect }: FilteredList<D, A>,
) {
  type Given = A & PageArgs & { oldestFirst?: boolean | null };
  const askedOf = (parent: P, given: Given, ctx: Context, isCounted: boolean) => {
    const all = { ...given, parent };
    const page = { first: given.first, last: given.last, after: given.after, before: given.before };
    const manner = { nested: true, isCounted, ascending: given.oldestFirst ?? false };
    const whole: List<D> = { noun: to, ...manner, ...list(all, ctx) };
    return { all, page, whole };
  };
  const extensions: ListExtensions = {
    pageIssues(args, ctx, parent) {
      const { page, whole } = askedOf(parent as P, args as Given, ctx, false);
      return pageIssues(ctx, whole, page);
    },
  };
  return t.field({
    type: connectionOf(to),
    description,
    nullable: true,
    permission: `${to.permission}:read`,
    extensions: extensions as Record<string, unknown>,
    args: { ...connectionArgs(t as never), ...args?.(t as never) } as never,
    resolve: ((parent: P, given: Given, ctx: Context, info: GraphQLResolveInfo) => {
      const { all, page, whole } = askedOf(parent, given, ctx, isCounted(ctx, info));
      return connectList(ctx, whole, page, all);
    }) as never,
  });
}

/**
 * A list on a noun of what lies in it or refers to it. What is listed declares it, so that nothing has to know all that
 * lies in it.
 */
export function listOn<P extends Doc, D extends Doc, A extends object>(
  parent: Noun<P>,
  name: string,
  to: Noun<D>,
  description: string,
  list: FilteredList<D, A> | ((parent: P, ctx: Context) => Omit<List<D>, 'noun'>),
): void {
  builder.objectField(refOf(parent), name, (t) =>
    typeof list === 'function'
      ? listEdge(t, to, description, list)
      : filteredEdge<P, D, A & { parent: P }>(t, to, description, list),
  );
}

/** `node`: plain null for whatever cannot be read, the caller's missing permission included. */
function nodeById(ctx: Context, globalId: string): MaybePromise<object | null> {
  const parts = decodeGlobalId(globalId);
  const noun = parts && nodeTypes.get(parts.type)?.noun;
  if (!noun || !may(ctx.principal, `${noun.permission}:read`)) return null;
  return chain(find(ctx, noun, parts.id), (doc) => doc && brand(noun.type, doc));
}

const NODES_MAX = 200;

builder.queryField('node', (t) =>
  t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description: 'Finds anything by its global id; null where it is absent or hidden.',
    args: { id: t.arg.id({ required: true, description: 'A global id.' }) },
    resolve: (_root, { id }, ctx) => nodeById(ctx, id) as never,
  }),
);

builder.queryField('nodes', (t) =>
  t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: false, items: true },
    description: `Finds up to ${NODES_MAX} things by their global ids, in the order asked; null where one is absent or hidden.`,
    args: { ids: t.arg.idList({ required: true, description: 'Global ids.' }) },
    resolve: (_root, { ids }, ctx) => {
      if (ids.length > NODES_MAX) throw tooManyIds(ids.length);
      return ids.map((id) => batchedNode(ctx, id)) as never;
    },
  }),
);

function batchedNode(ctx: Context, globalId: string): MaybePromise<object | null> {
  const parts = decodeGlobalId(globalId);
  const noun = parts && nodeTypes.get(parts.type)?.noun;
  if (!noun || !may(ctx.principal, `${noun.permission}:read`)) return null;
  return chain(load(ctx, noun, parts.id), (doc) => doc && brand(noun.type, doc));
}

/** A thing by its `resource_type` and id; null where it is absent or hidden, or nothing that the graph has by an id. */
export async function loadNode(ctx: Context, resource: string, id: string): Promise<object | null> {
  const noun = [...nodeTypes.values()].find((type) => type.noun.resource === resource)?.noun;
  if (!noun || !may(ctx.principal, `${noun.permission}:read`)) return null;
  const doc = await load(ctx, noun, id);
  return doc && brand(noun.type, doc);
}

function tooManyIds(count: number): Error {
  return invalid([valueError(['ids'], `at most ${NODES_MAX} ids can be asked for at once`, count)]);
}
