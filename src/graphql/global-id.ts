/** Global ids hold a type and an id, nothing else: whoever reads one back still passes every check of the lookup. */
export function encodeGlobalId(type: string, id: string): string {
  return Buffer.from(`${type}:${id}`).toString('base64url');
}

export function decodeGlobalId(globalId: string): { type: string; id: string } | null {
  const text = Buffer.from(globalId, 'base64url').toString();
  const at = text.indexOf(':');
  if (at < 1 || encodeGlobalId(text.slice(0, at), text.slice(at + 1)) !== globalId) return null;
  return { type: text.slice(0, at), id: text.slice(at + 1) };
}

const TYPE = Symbol('type');

/** Marks what `node` found with its type, so that the interface resolves without asking every type. */
export function brand<T extends object>(type: string, value: T): T {
  Object.defineProperty(value, TYPE, { value: type, configurable: true });
  return value;
}

export function typeOf(value: object): string | undefined {
  return (value as { [TYPE]?: string })[TYPE];
}
