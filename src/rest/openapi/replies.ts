import { type GraphQLObjectType, type GraphQLSchema, getNamedType, parse, type SelectionSetNode } from 'graphql';
import { fieldsOf, type ObjectShape, type Shape } from '../../validation/shape.ts';
import { expected } from '../../words/expected.ts';
import { snake } from '../../words/naming.ts';
import { documentOf, rootFieldOf } from '../compile.ts';
import type { Documented, ListReply, ReplySchema, Row, ShownReply } from '../row.ts';
import { closed, inputSchema, objectSchema } from './json-schema.ts';
import { heldBy, type Json, ref, reference, withHeld } from './references.ts';

const SECRET = {
  type: ['string', 'null'],
  description: 'The secret, shown this once; null in a replayed reply.',
};
const MESSAGE = { type: 'string', description: 'What was done.' };

/** A reference to the schema of what a row answers, made from its selection. */
export function replySchema(schema: GraphQLSchema, row: Row, reply: ReplySchema): Json {
  if (reply.kind === 'message')
    return reference('Message', { ...closed({ message: MESSAGE }), description: 'What was done.' });
  const resource = resourceOf(schema, row, reply);
  if (reply.kind === 'list') return reference(reply.name, listSchema(row, reply, resource));
  if (reply.kind === 'wrapped')
    return reference(reply.name, {
      description: 'What was done, and what came of it.',
      ...closed({ message: MESSAGE, [reply.key]: { ...resource, description: 'As it is now.' } }),
    });
  return resource;
}

function resourceOf(schema: GraphQLSchema, row: Row, reply: ShownReply): Json {
  const { type, selection } = selectedOf(schema, row);
  const plain = objectSchema(type, selection);
  const properties = { ...(plain.properties as Record<string, Json>) };
  for (const [field, of] of Object.entries(reply.parts ?? {})) {
    const { description, type: isList } = properties[field] as Json;
    properties[field] = {
      ...(isList === undefined ? { anyOf: [ref(of), { type: 'null' }] } : { type: 'array', items: ref(of) }),
      description,
    };
  }
  if (reply.secret !== undefined) properties[reply.secret] = SECRET;
  const resource = { ...plain, ...closed(properties) };
  return reference(reply.of ?? reply.name, reply.documented ? documentedAs(resource, reply.documented) : resource);
}

/** The type and the selection of the row's resource: of a list's nodes, of a payload's resource, of the root itself. */
function selectedOf(schema: GraphQLSchema, row: Row): { type: GraphQLObjectType; selection: SelectionSetNode } {
  const [operation] = parse(documentOf(schema, row)).definitions;
  const rootNode = (operation as { selectionSet: SelectionSetNode }).selectionSet.selections[0];
  const type = getNamedType(rootFieldOf(schema, row).type) as GraphQLObjectType;
  const selection = (rootNode as { selectionSet: SelectionSetNode }).selectionSet;
  const inner = selection.selections.find(
    (node) => 'name' in node && (node.name.value === 'nodes' || ('alias' in node && node.alias?.value === 'resource')),
  );
  if (!inner) return { type, selection };
  const { value: name } = (inner as { name: { value: string } }).name;
  const field = expected(type.getFields()[name], `field ${name} of ${type.name}`);
  return {
    type: getNamedType(field.type) as GraphQLObjectType,
    selection: (inner as { selectionSet: SelectionSetNode }).selectionSet,
  };
}

function listSchema({ renames = {} }: Row, { key, page }: ListReply, resource: Json): Json {
  const cursor = Object.values(renames).includes('after') ? 'cursor' : 'after';
  return {
    description: page ?? 'A page of a list, newest first.',
    ...closed({
      total: { type: 'integer', minimum: 0, description: 'How many items the filters match, on all pages.' },
      has_more: { type: 'boolean', description: 'Whether a further page follows.' },
      next_cursor: {
        type: ['string', 'null'],
        description: `The \`${cursor}\` of the next page; null exactly where none follows.`,
      },
      [key]: { type: 'array', items: resource, description: 'The items of this page.' },
    }),
  };
}

/** The graph's types with the input's bounds; nested objects show its defaults too, since one schema documents both. */
function documentedAs(resource: Json, { input, defaults = false, plain = [] }: Documented): Json {
  const properties = { ...(resource.properties as Record<string, Json>) };
  for (const [name, shape] of Object.entries(fieldsOf(input))) {
    const wire = snake(name);
    const property = properties[wire];
    if (!property) continue;
    properties[wire] = narrowed(property, shape, defaults);
    if (plain.includes(wire)) delete properties[wire].enum;
  }
  return { ...resource, properties };
}

/**
 * What a reply shows, within what its input allows: bounds, defaults, kinds of items and of values; null stays the graph's word.
 * Patterns are the input's alone: what is stored may be older than they are.
 */
function narrowed(output: Json, shape: Shape, defaults: boolean): Json {
  const held = heldBy(output);
  if (held && shape.kind === 'object') return withHeld(output, narrowedObject(held, shape));
  if (Array.isArray(output.anyOf)) {
    const [first, ...rest] = output.anyOf as [Json, ...Json[]];
    return { ...output, anyOf: [narrowed(first, shape, defaults), ...rest] };
  }
  if (shape.kind === 'object') return output;
  if (shape.kind === 'list') return { ...output, items: narrowed(output.items as Json, shape.item, false) };
  const {
    type: _,
    enum: values,
    default: fallback,
    description: __,
    pattern: ___,
    additionalProperties,
    ...bounds
  } = inputSchema(shape, '');
  if (shape.kind === 'map') return shape.item.kind === 'any' ? output : { ...output, additionalProperties };
  return {
    ...output,
    ...bounds,
    ...(values === undefined ? {} : { enum: output.enum ?? values }),
    ...(defaults && fallback !== undefined ? { default: fallback } : {}),
  };
}

function narrowedObject(object: Json, shape: ObjectShape): Json {
  const properties = { ...(object.properties as Record<string, Json>) };
  for (const [name, field] of Object.entries(shape.fields)) {
    const property = properties[snake(name)];
    if (property) properties[snake(name)] = narrowed(property, field, true);
  }
  return { ...object, properties };
}
