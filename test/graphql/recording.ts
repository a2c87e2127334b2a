import {
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isEnumType,
  isListType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
} from 'graphql';
import { direct } from '../../src/graphql/execution/direct.ts';
import { required } from '../required.ts';

/** What each resolver was given, in the order of the calls. */
export interface Recording {
  calls: [path: string, args: unknown][];
}

/** A copy of a schema whose resolvers write down what they receive and answer by type alone. */
export function recordingSchema(schema: GraphQLSchema): GraphQLSchema {
  const copy = lexicographicSortSchema(schema);
  for (const type of Object.values(copy.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) type.resolveType = (value) => nameOf(value);
    if (!isObjectType(type)) continue;
    const isRoot = type === copy.getQueryType() || type === copy.getMutationType();
    for (const field of Object.values(type.getFields()) as GraphQLField<unknown, Recording>[]) {
      field.resolve = isRoot ? record : resolverOf(`${type.name}.${field.name}`, field.type, copy);
    }
  }
  return copy;
}

type Resolver = GraphQLFieldResolver<unknown, Recording>;

/**
 * Of the fields below the roots a third is recorded, a third are methods of their parent, which is what a field without a
 * resolver calls, and a third is read off the parent without a call.
 */
function resolverOf(name: string, type: GraphQLOutputType, schema: GraphQLSchema): Resolver | undefined {
  if (hash(name) % 3 === 0) return record;
  if (hash(name) % 3 === 1) return undefined;
  return direct((source) => answerOf(type, `${name} of ${(source as Source).variant}`, schema));
}

function record(_source: unknown, args: object, recording: Recording, info: GraphQLResolveInfo): unknown {
  const path = pathOf(info);
  recording.calls.push([path, plain(args)]);
  return answerOf(info.returnType, `${path}:${JSON.stringify(plain(args))}`, info.schema);
}

function pathOf({ path, parentType, fieldName }: GraphQLResolveInfo): string {
  const keys: (string | number)[] = [];
  for (let at: GraphQLResolveInfo['path'] | undefined = path; at; at = at.prev) keys.unshift(at.key);
  return `${keys.join('.')} ${parentType.name}.${fieldName}`;
}

/** Absent, null and undefined apart, however JSON would show them; keys in their order. */
function plain(value: unknown): unknown {
  if (value === undefined) return '‹undefined›';
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value).map(([key, item]) => [key, plain(item)]);
}

/** The answer at a place: the same on every run; at times null, an error, a promise, or of a wrong kind. */
function answerOf(type: GraphQLOutputType, place: string, schema: GraphQLSchema): unknown {
  const dice = hash(place);
  const answer = () => {
    if (dice % 31 === 0) return null;
    if (dice % 37 === 0) throw new Error(`thrown at ${place}`);
    if (dice % 41 === 0) return new Error(`answered at ${place}`);
    return presentAnswer(getNullableType(type), place, schema);
  };
  return dice % 5 === 0 ? Promise.resolve().then(answer) : answer();
}

function presentAnswer(type: GraphQLOutputType, place: string, schema: GraphQLSchema): unknown {
  const dice = hash(`value ${place}`);
  if (isListType(type)) {
    if (dice % 43 === 0) return 'no list';
    return Array.from({ length: dice % 4 }, (_, at) => answerInList(type.ofType, `${place}[${at}]`, schema));
  }
  if (isScalarType(type) || isEnumType(type)) return leafOf(type, dice);
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  if (isAbstractType(type) && dice % 29 === 0) return { __typename: 'Query' };
  const object = required(possible[dice % possible.length]);
  return sourceOf(object.name, dice % VARIANTS, schema);
}

/** What throws in a list would end the resolver itself: it is an item that is an error. */
function answerInList(type: GraphQLOutputType, place: string, schema: GraphQLSchema): unknown {
  try {
    return answerOf(type, place, schema);
  } catch (error) {
    return error;
  }
}

interface Source {
  variant: number;
}

/** Parents of one type that are told apart. */
const VARIANTS = 40;
const sources = new WeakMap<GraphQLSchema, Map<string, object>>();

function sourceOf(name: string, variant: number, schema: GraphQLSchema): object {
  const known = sources.get(schema) ?? new Map<string, object>();
  sources.set(schema, known);
  const place = `${name} ${variant}`;
  const type = schema.getType(name);
  if (!known.has(place) && isObjectType(type)) {
    const methods = Object.values(type.getFields()).map((field) => [
      field.name,
      (args: object, recording: Recording, info: GraphQLResolveInfo) => record(null, args, recording, info),
    ]);
    known.set(place, { ...Object.fromEntries(methods), __typename: name, variant });
  }
  return required(known.get(place));
}

function nameOf(value: unknown): string {
  return (value as { __typename: string }).__typename;
}

function leafOf(type: { name: string } & object, dice: number): unknown {
  if (isEnumType(type))
    return dice % 23 === 0 ? 'NOT_ONE' : required(type.getValues()[dice % type.getValues().length]).value;
  if (type instanceof GraphQLScalarType && !isSpecifiedScalarType(type))
    return [7, '2030-01-01T00:00:00.000Z', { a: [1, null] }, ['x'], Number.NaN, new Error('answered as a value')][
      dice % 6
    ];
  // Lax ones too: a number where text is wanted is text in the answer, and text that is no number is an error.
  return [dice % 100, String(dice % 100), true, 1.5, 'text', {}, Number.NaN][dice % 7];
}

function hash(text: string): number {
  let value = 2166136261;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 16777619);
  return (value ^ (value >>> 15)) >>> 0;
}
