import type { ObjectRef } from '@pothos/core';
import type { Placed } from '../resource/cursors.ts';
import type { Connection } from '../resource/page.ts';
import type { Doc } from '../store/store.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { direct, property } from './execution/direct.ts';
import { COUNT } from './wire.ts';

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;
type Ref<T> = ObjectRef<Types, T, T>;
export type ConnectionRef<D extends Doc> = Ref<Connection<D>>;

/** All that it shows is asked of the connection itself, and only where it is selected. */
const PageInfo = builder.objectRef<Connection<Doc>>('PageInfo').implement({
  description: 'Where a page lies in its list; both flags are exact.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether a further item follows the last one of this page.',
      resolve: (page) => page.hasNextPage(),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether an item precedes the first one of this page.',
      resolve: (page) => page.hasPreviousPage(),
    }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first item; null on an empty page.',
      resolve: direct((page) => cursorAt(page, 0)),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last item; null on an empty page.',
      resolve: direct((page) => cursorAt(page, -1)),
    }),
  }),
});

function cursorAt({ nodes, place }: Connection<Doc>, at: number): string | null {
  const node = nodes.at(at);
  return node ? place(node).cursor : null;
}

/** The connection type of a node type. */
export function connectionType(name: string, node: Ref<Doc>): ConnectionRef<Doc> {
  const edge = builder.objectRef<Placed<Doc>>(`${name}Edge`).implement({
    description: `A ${name} in a list.`,
    fields: (t) => ({
      node: t.field({ type: node, description: 'The item.', resolve: property('node') }),
      cursor: t.string({
        description: 'Where the item lies in this list; opaque, good for this list and its filters only.',
        resolve: property('cursor'),
      }),
    }),
  });
  return builder.objectRef<Connection<Doc>>(`${name}Connection`).implement({
    description: `A page of a list of ${name} objects.`,
    fields: (t) => ({
      pageInfo: t.field({
        type: PageInfo,
        description: 'Where this page lies in the list.',
        resolve: direct((page) => page),
      }),
      edges: t.field({
        type: [edge],
        description: 'The items of this page, each with its cursor.',
        resolve: direct((page) => page.nodes.map(page.place)),
      }),
      nodes: t.field({ type: [node], description: 'The items of this page.', resolve: property('nodes') }),
      totalCount: t.field({
        ...COUNT,
        description: 'How many items the filters match, on all pages.',
        resolve: (page) => page.total(),
      }),
    }),
  });
}
