import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLString,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { isPromise } from './promise.ts';

/** Whether a value is its own answer: the caller gets it as it is. */
export type IsShown = (value: unknown) => boolean;

/** What a scalar of the schema's own says of itself: values of this kind it serializes as they are. */
export interface ScalarExtensions {
  shows?: 'string' | 'number' | 'json';
}

/** Longer lists are completed item by item, by whom the clock is looked at; what is frozen is only looked through, and its text is kept. */
export const SHOWN_ITEMS_MAX = 100;

/** For leaves and lists of them; null for all else, and where there is more to a value than to look at it. */
export function shownTest(type: GraphQLOutputType): IsShown | null {
  const present = presentTest(getNullableType(type));
  if (present === null || isNonNullType(type)) return present;
  return (value) => value === null || present(value);
}

function presentTest(type: GraphQLOutputType): IsShown | null {
  if (isLeafType(type)) return leafTest(type);
  const isItem = isListType(type) ? shownTest(type.ofType) : null;
  if (!isItem || isListType(getNullableType((type as { ofType: GraphQLOutputType }).ofType))) return null;
  return (value) => Array.isArray(value) && value.length <= SHOWN_ITEMS_MAX && value.every(isItem);
}

function leafTest(type: GraphQLLeafType): IsShown | null {
  if (type instanceof GraphQLEnumType) {
    const words = new Set<unknown>(type.getValues().flatMap(({ name, value }) => (name === value ? [name] : [])));
    return (value) => words.has(value);
  }
  if (type === GraphQLString || type === GraphQLID) return isString;
  if (type === GraphQLBoolean) return (value) => typeof value === 'boolean';
  // Int's bounds: what is cut to 32 bits stays what it is.
  if (type === GraphQLInt) return (value) => typeof value === 'number' && value === (value | 0);
  if (type === GraphQLFloat) return Number.isFinite;
  const { shows } = (type instanceof GraphQLScalarType ? type.extensions : {}) as ScalarExtensions;
  return shows === undefined ? null : OWN[shows];
}

const isString: IsShown = (value) => typeof value === 'string';

const OWN: Record<NonNullable<ScalarExtensions['shows']>, IsShown> = {
  string: isString,
  number: (value) => typeof value === 'number',
  json: (value) => value !== undefined && value !== null && !(value instanceof Error) && !isThenable(value),
};

function isThenable(value: unknown): boolean {
  return typeof value === 'function' || isPromise(value);
}
