import { copied } from '../words/copied.ts';

/**
 * What each field of a document reads as where an older program stored none. Whatever is in it is given as it is;
 * what holds fields of its own, by `object`, `nullable`, `listOf` or `mapOf`.
 */
export type FirstValues<T> = { readonly [K in keyof Required<T>]: First<T[K & keyof T]> };
export type First<T> = T | Nested<T>;

export interface Nested<T> {
  [NESTED]: true;
  first(): T;
  complete(stored: T): T;
}
const NESTED = Symbol('nested');

export function object<T extends object>(fields: FirstValues<T>): Nested<T> {
  return nested(
    () => completed(fields, {} as T),
    (stored) => completed(fields, stored),
  );
}

/** Null until it is there. */
export function nullable<T extends object>(fields: FirstValues<T>): Nested<T | null> {
  return nested<T | null>(
    () => null,
    (stored) => stored && completed(fields, stored),
  );
}

export function listOf<T extends object>(fields: FirstValues<T>): Nested<T[]> {
  return nested<T[]>(
    () => [],
    (stored) => {
      const items = stored.map((item) => completed(fields, item));
      return items.some((item, at) => item !== stored[at]) ? items : stored;
    },
  );
}

export function mapOf<T extends object>(fields: FirstValues<T>): Nested<Record<string, T>> {
  return nested<Record<string, T>>(
    () => ({}),
    (stored) => {
      const entries = Object.entries(stored).map(([key, item]) => [key, completed(fields, item)] as const);
      return entries.some(([key, item]) => item !== stored[key]) ? Object.fromEntries(entries) : stored;
    },
  );
}

function nested<T>(first: () => T, complete: (stored: T) => T): Nested<T> {
  return { [NESTED]: true, first, complete };
}

function isNested(first: unknown): first is Nested<unknown> {
  return typeof first === 'object' && first !== null && NESTED in first;
}

/** The one place where a stored document becomes today's; a document that lacks nothing is answered as it is. */
export function complete<D extends object>({ first }: { first?: object }, stored: D): D {
  return first ? completed(first, stored) : stored;
}

interface Part {
  name: string;
  first: unknown;
  nested: Nested<unknown> | null;
}
const partsOf = new WeakMap<object, Part[]>();

/** Looked up for every document that is read, so taken apart once. */
function parts(fields: object): Part[] {
  const known = partsOf.get(fields);
  if (known) return known;
  const made = Object.entries(fields).map(([name, first]) => ({ name, first, nested: isNested(first) ? first : null }));
  partsOf.set(fields, made);
  return made;
}

function completed<T extends object>(fields: object, stored: T): T {
  const source = stored as Record<string, unknown>;
  let next = source;
  for (const { name, first, nested } of parts(fields)) {
    const value = source[name];
    if (value !== undefined && nested === null) continue;
    const today = value === undefined ? firstOf(first) : nested?.complete(value);
    if (today === value) continue;
    if (next === source) next = { ...source };
    next[name] = today;
  }
  return next as T;
}

function firstOf(first: unknown): unknown {
  if (isNested(first)) return first.first();
  return copied(first);
}
