import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { WireExtensions } from '../../graphql/wire.ts';
import type { ObjectShape, Shape } from '../../validation/shape.ts';
import { pascal, snake } from '../../words/naming.ts';
import { type Json, reference } from './references.ts';

/** Closed: unknown names are refused; names of the reply that a body may repeat are listed as read-only. */
export function inputSchema(shape: Shape, name: string): Json {
  return { ...typed(shape, name), ...(shape.description ? { description: shape.description } : {}) };
}

function typed(shape: Shape, name: string): Json {
  const described = (json: Json): Json => ({
    ...json,
    ...(shape.nullable && json.type !== undefined ? { type: [json.type, 'null'] } : {}),
    ...(shape.nullable && Array.isArray(json.enum) ? { enum: [...json.enum, null] } : {}),
    ...(shape.hasDefault && shape.kind !== 'object' ? { default: shape.defaultValue } : {}),
  });
  switch (shape.kind) {
    case 'string':
      return described({ type: 'string', ...boundsOf(shape, 'minLength', 'maxLength'), ...formOf(shape) });
    case 'integer':
    case 'number':
      return described({ type: shape.kind, ...boundsOf(shape, 'minimum', 'maximum') });
    case 'boolean':
      return described({ type: 'boolean' });
    case 'enum':
      return described({ type: 'string', enum: shape.values });
    case 'list':
      return described({
        type: 'array',
        items: inputSchema(shape.item, name.replace(/s$/, '')),
        ...boundsOf(shape, 'minItems', 'maxItems'),
      });
    case 'map':
      return described({
        type: 'object',
        additionalProperties: shape.item.kind === 'any' ? true : inputSchema(shape.item, name),
      });
    case 'object':
      return orNull(shape, reference(name, bodySchema(shape, name)));
    default:
      return {};
  }
}

/** A reference has no type of its own that null could join. */
function orNull({ nullable }: Shape, json: Json): Json {
  return nullable ? { anyOf: [json, { type: 'null' }] } : json;
}

function boundsOf({ minimum, maximum }: Shape, low: string, high: string): Json {
  return {
    ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? { [low]: minimum } : {}),
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? { [high]: maximum } : {}),
  };
}

function formOf({ pattern, format }: Shape): Json {
  return { ...(pattern === undefined ? {} : { pattern }), ...(format === undefined ? {} : { format }) };
}

const READ_ONLY = { readOnly: true, description: 'Part of the reply: may be sent back, and is ignored.' };

function bodySchema(shape: ObjectShape, name: string): Json {
  const fields = Object.entries(shape.fields);
  const stem = name.replace(/Body$/, '');
  const readOnly = shape.readOnly.filter((field) => !shape.fields[field]).map((field) => [snake(field), READ_ONLY]);
  return {
    type: 'object',
    ...(shape.description ? { description: shape.description } : {}),
    required: fields.filter(([, field]) => field.required).map(([field]) => snake(field)),
    properties: Object.fromEntries([
      ...fields.map(([field, inner]) => [snake(field), inputSchema(inner, stem + pascal(field))]),
      ...readOnly,
    ]),
    additionalProperties: false,
  };
}

export function closed(properties: Record<string, Json>): Json {
  return { type: 'object', required: Object.keys(properties).sort(), properties, additionalProperties: false };
}

/** The JSON that a selection of the graph gives; objects are schemas of their types' names. */
function outputSchema(type: GraphQLOutputType, selection: SelectionSetNode | undefined): Json {
  if (isNonNullType(type)) return notNull(outputSchema(type.ofType, selection));
  if (isListType(type)) return { type: ['array', 'null'], items: outputSchema(type.ofType, selection) };
  if (isEnumType(type))
    return { type: ['string', 'null'], enum: [...type.getValues().map((value) => value.name), null] };
  if (!isObjectType(type)) return SCALARS[type.name] ?? {};
  return { anyOf: [reference(type.name, objectSchema(type, selection)), { type: 'null' }] };
}

export function objectSchema(type: GraphQLObjectType, selection: SelectionSetNode | undefined): Json {
  const properties: Record<string, Json> = {};
  for (const node of selection?.selections ?? []) {
    if (node.kind !== Kind.FIELD) continue;
    const field = type.getFields()[node.name.value];
    if (field) properties[node.alias?.value ?? node.name.value] = fieldSchema(field, node.selectionSet);
  }
  return { ...(type.description ? { description: type.description } : {}), ...closed(properties) };
}

function fieldSchema(field: GraphQLField<unknown, unknown>, selection: SelectionSetNode | undefined): Json {
  const { wire = {} } = field.extensions as WireExtensions;
  const json = outputSchema(field.type, selection);
  return { ...json, ...wire, ...(field.description ? { description: field.description } : {}) };
}

const SCALARS: Record<string, Json> = {
  String: { type: ['string', 'null'] },
  ID: { type: ['string', 'null'] },
  Boolean: { type: ['boolean', 'null'] },
  Int: { type: ['integer', 'null'] },
  SafeInt: { type: ['integer', 'null'] },
  Float: { type: ['number', 'null'] },
  DateTime: { type: ['string', 'null'], format: 'date-time' },
  JSONObject: { type: ['object', 'null'], additionalProperties: true },
  JSON: {},
};

function notNull(json: Json): Json {
  if (Array.isArray(json.anyOf)) return json.anyOf[0] as Json;
  const { type, enum: values, ...rest } = json as { type?: unknown; enum?: unknown[] };
  return {
    ...(Array.isArray(type) ? { type: type[0] as unknown } : {}),
    ...rest,
    ...(values ? { enum: values.filter((value) => value !== null) } : {}),
  };
}
