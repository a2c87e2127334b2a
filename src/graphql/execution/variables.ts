import {
  GraphQLBoolean,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  GraphQLString,
  getNullableType,
  getVariableValues,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import { unsafeIds } from './unsafe-ids.ts';

export type Variables = Record<string, unknown>;
export type Coerced = ReturnType<typeof getVariableValues>;

/** Of a caller's mistakes, as many as a person reads. */
export const ERRORS_MAX = 5;

/** A variable whose value, given right, is its own coerced value. */
interface Plain {
  name: string;
  type: unknown;
  required: boolean;
}

/** Coerces variables as graphql-js does; where all are plain and right (ids, texts, numbers, flags) there is nothing to do. */
export function variableReader(schema: GraphQLSchema, node: OperationDefinitionNode): (given: Variables) => Coerced {
  const definitions = node.variableDefinitions ?? [];
  const coerce = (given: Variables): Coerced => {
    const errors = definitions.flatMap((definition) => unsafeOf(schema, definition, given)).slice(0, ERRORS_MAX);
    return errors.length > 0 ? { errors } : getVariableValues(schema, definitions, given, { maxErrors: ERRORS_MAX });
  };
  const plain: Plain[] = [];
  for (const definition of definitions) {
    const type = typeFromAST(schema, definition.type as never) as GraphQLInputType | undefined;
    const named = type && getNullableType(type);
    if (definition.defaultValue || !isInputType(type) || !PLAIN.has(named)) return coerce;
    plain.push({ name: definition.variable.name.value, type: named, required: isNonNullType(type) });
  }
  return (given) => read(plain, given) ?? coerce(given);
}

function unsafeOf(schema: GraphQLSchema, definition: VariableDefinitionNode, given: Variables) {
  const type = typeFromAST(schema, definition.type as never);
  const name = definition.variable.name.value;
  return isInputType(type) && Object.hasOwn(given, name) ? unsafeIds(definition, type, given[name]) : [];
}

const PLAIN = new Set<unknown>([GraphQLString, GraphQLID, GraphQLInt, GraphQLBoolean]);

function read(plain: readonly Plain[], given: Variables): Coerced | null {
  const coerced: Variables = {};
  for (const { name, type, required } of plain) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null) {
      if (required) return null;
      if (value === null) coerced[name] = null;
    } else if (isOf(type, value)) coerced[name] = value;
    else return null;
  }
  return { coerced };
}

function isOf(type: unknown, value: unknown): boolean {
  if (type === GraphQLBoolean) return typeof value === 'boolean';
  // Int's bounds: what is cut to 32 bits stays what it is.
  if (type === GraphQLInt) return typeof value === 'number' && value === (value | 0);
  return typeof value === 'string';
}
