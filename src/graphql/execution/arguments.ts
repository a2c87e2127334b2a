import {
  type ArgumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  getArgumentValues,
  isNonNullType,
  Kind,
  valueFromAST,
} from 'graphql';
import type { Variables } from './variables.ts';

export type ReadArguments = (variables: Variables) => Record<string, unknown>;

/** What a resolver of a field without arguments receives. */
const NONE: Record<string, unknown> = Object.freeze({});

/** An argument whose value is at hand: a variable as a whole, one plain value, or its default. */
interface Simple {
  name: string;
  variable: string | null;
  value: unknown;
  required: boolean;
}

/**
 * How the arguments of a field are made of the variables, found once for all calls. Whatever is neither a whole variable
 * nor one plain value (lists, objects, a value that is refused) is left to graphql-js, each time.
 */
export function argumentReader(field: GraphQLField<unknown, unknown>, node: FieldNode): ReadArguments {
  if (field.args.length === 0) return () => NONE;
  const simple: Simple[] = [];
  for (const argument of field.args) {
    const one = simpleOf(
      argument,
      node.arguments?.find(({ name }) => name.value === argument.name),
    );
    if (one === undefined) return (variables) => getArgumentValues(field, node, variables);
    if (one) simple.push(one);
  }
  if (simple.length === 0) return () => NONE;
  return (variables) => read(simple, variables) ?? getArgumentValues(field, node, variables);
}

/** Null for an argument that is absent whatever the variables; undefined for one that is not simple. */
function simpleOf(argument: GraphQLArgument, given: ArgumentNode | undefined): Simple | null | undefined {
  const { name, type, defaultValue } = argument;
  const required = isNonNullType(type);
  if (!given) {
    if (defaultValue !== undefined) return { name, variable: null, value: defaultValue, required };
    return required ? undefined : null;
  }
  if (given.value.kind === Kind.VARIABLE)
    return { name, variable: given.value.name.value, value: defaultValue, required };
  if (given.value.kind === Kind.OBJECT || given.value.kind === Kind.LIST) return undefined;
  const value = valueFromAST(given.value, type);
  // A value that is made anew for each call, as graphql-js does, must not be shared between them.
  return value === undefined || (typeof value === 'object' && value !== null)
    ? undefined
    : { name, variable: null, value, required };
}

/** Null where graphql-js has to say what is wrong. */
function read(simple: readonly Simple[], variables: Variables): Record<string, unknown> | null {
  const values: Record<string, unknown> = {};
  for (const { name, variable, value, required } of simple) {
    const isGiven = variable !== null && Object.hasOwn(variables, variable);
    const read = isGiven ? variables[variable] : value;
    if (required && (read === null || read === undefined)) return null;
    if (isGiven || read !== undefined) values[name] = read;
  }
  return values;
}
