/** What REST's documentation says of a field beyond its type in the graph: keywords of JSON Schema. */
export interface WireExtensions {
  wire?: Record<string, unknown>;
}

/** A number of things: never below 0. */
export const COUNT = { type: 'SafeInt', extensions: { wire: { minimum: 0 } } } as const;
