import {
  type GraphQLOutputType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { snake } from '../naming.ts';
import type { Shape } from '../validation/shape.ts';

export type Json = Record<string, unknown>;

/** Closed: unknown names are refused; names of the reply that a body may repeat are listed as read-only. */
export function inputSchema(shape: Shape): Json {
  const described = (json: Json): Json => ({
    ...json,
    ...(shape.nullable && json.type !== undefined ? { type: [json.type, 'null'] } : {}),
    ...(shape.nullable && Array.isArray(json.enum) ? { enum: [...json.enum, null] } : {}),
    ...(shape.hasDefault && shape.kind !== 'object' ? { default: shape.defaultValue } : {}),
  });
  const bound = (low: string, high: string) => ({
    ...(shape.minimum !== undefined && shape.minimum > Number.MIN_SAFE_INTEGER ? { [low]: shape.minimum } : {}),
    ...(shape.maximum !== undefined && shape.maximum < Number.MAX_SAFE_INTEGER ? { [high]: shape.maximum } : {}),
  });
  switch (shape.kind) {
    case 'string':
      return described({ type: 'string', ...bound('minLength', 'maxLength') });
    case 'integer':
    case 'number':
      return described({ type: shape.kind, ...bound('minimum', 'maximum') });
    case 'boolean':
      return described({ type: 'boolean' });
    case 'enum':
      return described({ type: 'string', enum: shape.values });
    case 'list':
      return described({ type: 'array', items: inputSchema(shape.item!) });
    case 'map':
      return described({
        type: 'object',
        additionalProperties: shape.item!.kind === 'any' ? true : inputSchema(shape.item!),
      });
    case 'object':
      return described(objectSchema(shape));
    default:
      return {};
  }
}

function objectSchema(shape: Shape): Json {
  const fields = Object.entries(shape.fields!);
  const readOnly = shape.readOnly
    .filter((name) => !shape.fields![name])
    .map((name) => [snake(name), { readOnly: true }]);
  return {
    type: 'object',
    required: fields.filter(([, field]) => field.required).map(([name]) => snake(name)),
    properties: Object.fromEntries([...fields.map(([name, field]) => [snake(name), inputSchema(field)]), ...readOnly]),
    additionalProperties: false,
  };
}

export function closed(properties: Record<string, Json>): Json {
  return { type: 'object', required: Object.keys(properties).sort(), properties, additionalProperties: false };
}

export function withoutNull(json: Json): Json {
  return Array.isArray(json.anyOf) ? (json.anyOf[0] as Json) : json;
}

/** The JSON that a selection of the graph gives. */
export function outputSchema(type: GraphQLOutputType, selection: SelectionSetNode | undefined): Json {
  if (isNonNullType(type)) return notNull(outputSchema(type.ofType, selection));
  if (isListType(type)) return { type: ['array', 'null'], items: outputSchema(type.ofType, selection) };
  if (isEnumType(type))
    return { type: ['string', 'null'], enum: [...type.getValues().map((value) => value.name), null] };
  if (!isObjectType(type)) return SCALARS[type.name] ?? {};
  const properties: Record<string, Json> = {};
  for (const node of selection?.selections ?? []) {
    if (node.kind !== Kind.FIELD) continue;
    const field = type.getFields()[node.name.value];
    if (field) properties[node.alias?.value ?? node.name.value] = outputSchema(field.type, node.selectionSet);
  }
  return { anyOf: [closed(properties), { type: 'null' }] };
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
