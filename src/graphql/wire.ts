/** What REST's documentation says of a field beyond its type in the graph: keywords of JSON Schema. */
export interface WireExtensions {
  wire?: Record<string, unknown>;
}

function wired<T extends 'SafeInt' | 'Int' | 'Float' | 'JSONObject'>(type: T, wire: WireExtensions['wire']) {
  return { type, extensions: { wire } } as const;
}

/** A number of things: never below 0. */
export const COUNT = wired('SafeInt', { minimum: 0 });
