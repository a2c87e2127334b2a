import { defaultFieldResolver, type GraphQLField, TypeNameMetaFieldDef } from 'graphql';

const directs = new WeakSet<object>();

/** A resolver that looks at its parent alone and answers at once, the same however often it is asked. */
export function direct<P, T>(of: (parent: P) => T): (parent: P) => T {
  directs.add(of);
  return of;
}

/** The same for what is answered as it stands in the parent. */
export function property(name: string): (parent: unknown) => never {
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
  return directs.has(resolve) ? (resolve as unknown as Read) : null;
}
