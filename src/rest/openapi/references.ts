export type Json = Record<string, unknown>;

/** Under this a reference holds the schema that it names, until all are collected. */
const HELD = Symbol('the schema that is referred to');

export function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

/** A reference that brings its schema along. */
export function reference(name: string, schema: Json): Json {
  return { ...ref(name), [HELD]: schema };
}

export function heldBy(json: Json): Json | undefined {
  return (json as { [HELD]?: Json })[HELD];
}

export function withHeld(json: Json, schema: Json): Json {
  return { ...json, [HELD]: schema };
}

/** Puts every schema that a reference below brings along under its name; one name stands for one schema. */
export function collect(json: unknown, schemas: Record<string, Json>): void {
  if (typeof json !== 'object' || json === null) return;
  const held = heldBy(json as Json);
  if (held) {
    const name = nameOf(json as Json);
    const known = schemas[name];
    if (known && JSON.stringify(known) !== JSON.stringify(held))
      throw new Error(`two schemas would be named ${name}: select the same fields of it in every row`);
    schemas[name] = held;
    collect(held, schemas);
  }
  for (const inner of Object.values(json)) collect(inner, schemas);
}

export function nameOf({ $ref }: Json): string {
  return String($ref).replace('#/components/schemas/', '');
}
