/**
 * The same value, which nobody can change any more, nor anything in it: JSON, in which what is frozen already is so all the way
 * down. What most changes of a document leave as it is is not walked again.
 */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const inner of value) frozen(inner);
  else for (const name in value) frozen(value[name]);
  return Object.freeze(value);
}
