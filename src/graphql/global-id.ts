import { fromBase64Url, toBase64Url } from '../words/base64.ts';

/** Global ids hold a type and an id, nothing else: whoever reads one back still passes every check of the lookup. */
export function encodeGlobalId(type: string, id: string): string {
  return toBase64Url(`${type}:${id}`);
}

export function decodeGlobalId(globalId: string): { type: string; id: string } | null {
  const text = fromBase64Url(globalId);
  const at = text.indexOf(':');
  if (at < 1 || encodeGlobalId(text.slice(0, at), text.slice(at + 1)) !== globalId) return null;
  return { type: text.slice(0, at), id: text.slice(at + 1) };
}

const types = new WeakMap<object, string>();

/** Notes of what `node` found its type, so that the interface resolves without asking every type. */
export function brand<T extends object>(type: string, value: T): T {
  types.set(value, type);
  return value;
}

export function typeOf(value: object): string | undefined {
  return types.get(value);
}
