import type { GraphQLError } from 'graphql';

interface Place {
  errors: GraphQLError[];
  below: Map<string | number, Place>;
}

/**
 * Errors in the order of their places in the answer: which of two reads is answered first, and from where, is nothing that
 * a caller should see. Below a null they stay as they came.
 */
export function inPlace(errors: readonly GraphQLError[], data: unknown): readonly GraphQLError[] {
  if (errors.length < 2) return errors;
  const root: Place = { errors: [], below: new Map() };
  for (const error of errors) {
    let place = root;
    for (const key of error.path ?? []) {
      let next = place.below.get(key);
      if (!next) {
        next = { errors: [], below: new Map() };
        place.below.set(key, next);
      }
      place = next;
    }
    place.errors.push(error);
  }
  const sorted: GraphQLError[] = [];
  collect(root, data, sorted);
  return sorted;
}

function collect({ errors, below }: Place, data: unknown, sorted: GraphQLError[]): void {
  sorted.push(...errors);
  const values = (typeof data === 'object' ? data : null) as Record<string | number, unknown> | null;
  for (const key of below.size > 1 ? keysInOrder(below, values) : below.keys()) {
    const place = below.get(key);
    if (place) collect(place, values?.[key], sorted);
  }
}

function keysInOrder(below: Place['below'], values: object | null): Iterable<string | number> {
  if (values === null) return below.keys();
  if (Array.isArray(values)) return [...below.keys()].sort((a, b) => Number(a) - Number(b));
  return Object.keys(values);
}
