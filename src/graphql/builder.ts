import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import { GraphQLError, Kind, type ValueNode } from 'graphql';
import type { Context } from '../resource/context.ts';
import { instantOf } from '../validation/instant.ts';
import type { ScalarExtensions } from './execution/leaf.ts';
import { typeOf } from './global-id.ts';
import { PERMISSION_PLUGIN } from './permission-plugin.ts';
import { TEXT_PLUGIN } from './text-plugin.ts';

export interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
    DateTime: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    JSONObject: { Input: Record<string, unknown>; Output: Record<string, unknown> };
  };
}

/** Tells the executor that the scalar's `serialize` answers such values as they are. */
const shows = (shows: ScalarExtensions['shows']): Record<string, unknown> => ({ shows });

/** The one builder; nouns add their types to it. It defines no types of the domain. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [PERMISSION_PLUGIN, TEXT_PLUGIN, RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeTypeOptions: {
      description: 'Anything with an opaque global id, by which `node` and `nodes` find it again.',
      resolveType: (value) => typeOf(value as object),
    },
    idFieldOptions: { description: 'The opaque global id.' },
    firstArgOptions: { description: 'The first so many of the items that the cursors leave, 1–200; 50 by default.' },
    lastArgOptions: {
      description: 'The last so many of the items that the cursors leave, 1–200; not together with `first`.',
    },
    afterArgOptions: { description: 'Only items after this cursor.' },
    beforeArgOptions: { description: 'Only items before this cursor.' },
  },
});

builder.queryType({ description: 'What can be read.' });
builder.subscriptionType({ description: 'What can be followed, by GraphQL over SSE (distinct connections).' });
builder.mutationType({ description: 'What can be changed; each change is one commit with its audit event.' });

/** I-JSON's whole numbers (RFC 7493, section 2.2) are those that every JSON parser reads alike. */
builder.scalarType('SafeInt', {
  extensions: shows('number'),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc7493#section-2.2',
  description: 'A whole number within ±(2^53 − 1), for counts and limits beyond the 32 bits of Int.',
  serialize: (value) => Number(value),
  parseValue: (value) => safeInt(value),
  parseLiteral: (node) => safeInt(node.kind === Kind.INT ? Number(node.value) : undefined, node),
});

builder.scalarType('DateTime', {
  extensions: shows('string'),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339#section-5.6',
  description: 'A moment in UTC, RFC 3339 with milliseconds: `2025-01-01T00:00:00.000Z`.',
  serialize: (value) => String(value),
  parseValue: (value) => dateTime(value),
  parseLiteral: (node) => dateTime(node.kind === Kind.STRING ? node.value : undefined, node),
});

builder.scalarType('JSON', {
  extensions: shows('json'),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literal(node, variables ?? {}),
});

builder.scalarType('JSONObject', {
  extensions: shows('json'),
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259#section-4',
  description: 'A JSON object; its keys are kept as they are.',
  serialize: (value) => value as Record<string, unknown>,
  parseValue: (value) => jsonObject(value),
  parseLiteral: (node, variables) => jsonObject(literal(node, variables ?? {}), node),
});

/** The node is where a document writes the value: graphql-js tells no place of an error that a scalar raises. */
function safeInt(value: unknown, nodes?: ValueNode): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new GraphQLError('SafeInt must be a whole number within ±(2^53 − 1)', { nodes });
}

function dateTime(value: unknown, nodes?: ValueNode): string {
  const instant = typeof value === 'string' ? instantOf(value) : null;
  if (instant === null)
    throw new GraphQLError('DateTime must be an RFC 3339 time: a real date, seconds and a zone', { nodes });
  return instant;
}

function jsonObject(value: unknown, nodes?: ValueNode): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new GraphQLError('JSONObject must be an object', { nodes });
}

/** An absent variable leaves its key out of an object, and null in a list: as in typed inputs. */
function literal(node: ValueNode, variables: Record<string, unknown>): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.LIST:
      return node.values.map((item) => literal(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields
          .filter(({ value }) => value.kind !== Kind.VARIABLE || Object.hasOwn(variables, value.name.value))
          .map(({ name, value }) => [name.value, literal(value, variables)]),
      );
    case Kind.VARIABLE:
      return Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : null;
    default:
      return node.value;
  }
}
