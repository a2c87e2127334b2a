import { LRUCache } from 'lru-cache';

export type Answer = Record<string, unknown>;

/** Makes an object of its values, in the order of its keys. */
export type Shape = (values: readonly unknown[]) => Answer;

/** So many objects are made the slow way first: to write a function takes as long as a few hundred of them. */
const SLOW_AT_FIRST = 200;
/** By their keys: whoever asks for the same again, in whatever document, finds it written. */
const written = new LRUCache<string, Shape>({ max: 1_000 });

/**
 * Objects that are made by a literal of their own are made several times as fast as by setting one key after the other,
 * and written as JSON faster too. The keys are names of GraphQL: letters, digits and underscores.
 */
export function shapeOf(keys: readonly string[], slowAtFirst = SLOW_AT_FIRST): Shape {
  const name = keys.join();
  let shape: Shape = written.get(name) ?? slow;
  let made = 0;
  return (values) => {
    if (shape === slow && ++made > slowAtFirst) {
      shape = write(keys);
      written.set(name, shape);
    }
    return shape(values);
  };

  function slow(values: readonly unknown[]): Answer {
    return Object.fromEntries(keys.map((key, at) => [key, values[at]]));
  }
}

function write(keys: readonly string[]): Shape {
  // In brackets `__proto__` is a key like any other.
  const members = keys.map((key, at) => `[${JSON.stringify(key)}]: values[${at}]`);
  return new Function('values', `return { ${members.join(', ')} };`) as Shape;
}
