import { defaultFieldResolver, type GraphQLField, TypeNameMetaFieldDef } from 'graphql';

const directs = new WeakMap<object, Read>();

/** A resolver that looks at its parent alone and answers at once, the same however often it is asked. */
export function direct<P, T>(of: (parent: P) => T): (parent: P) => T {
  directs.set(of, of as unknown as Read);
  return of;
}

/** What cannot be told by a look at the parent. */
export const UNREAD = Symbol('unread');

/** A resolver that need not be called where a look at the parent tells the answer, as it does of most. */
export function directFirst<P, R extends object>(look: (parent: P) => unknown, resolve: R): R {
  directs.set(resolve, look as unknown as Read);
  return resolve;
}

/** The same look for a resolver that only calls the other one. */
export function asDirectAs<R extends object>(other: object, resolve: R): R {
  const look = directs.get(other);
  return look ? directFirst(look, resolve) : resolve;
}

/** The same for what is answered as it stands in the parent. */
export function property(name: string): (parent: unknown) => never {
  // biome-ignore lint/style/noNonNullAssertion: what is not there is answered too, as the graph has it: null.
  return direct((parent) => (parent as Record<string, never>)[name]!);
}

export type Read = (source: object) => unknown;

/** How a field is read off its parent where nothing else has a say in it; null where its resolver has to be called. */
export function readerOf({ name, args, resolve }: GraphQLField<unknown, unknown>, typeName: string): Read | null {
  // What is wrong with an argument is told though nobody looks at it.
  if (args.length > 0) return null;
  if (resolve === TypeNameMetaFieldDef.resolve) return () => typeName;
  // What it answers of a function it calls, which is more than to read.
  if (!resolve || resolve === defaultFieldResolver) return property(name);
  return directs.get(resolve) ?? null;
}
