import { fieldsOf, type Shape } from '../validation/shape.ts';
import { isObject } from '../validation/walk.ts';
import type { DocOf, Fields } from './field/field.ts';
import type { FieldNoun } from './noun.ts';

/**
 * RFC 7396 over a document, as the body of a change describes it: nested objects merge; `null` clears a nullable field
 * and removes a key of a free-form or string map; what is left out stays, and so does what is no field of the noun.
 */
export function mergePatch<F extends Fields>(noun: FieldNoun<F>, stored: DocOf<F>, patch: object): DocOf<F> {
  return mergeFields(ownFields(noun), { ...(stored as object) }, { ...patch }) as DocOf<F>;
}

/** What a change may say that is stored: other names (of a role) are the repository's to read. */
function ownFields<F extends Fields>({ fields, bodies }: FieldNoun<F>): Record<string, Shape> {
  const shapes = Object.entries(fieldsOf(bodies.update));
  return Object.fromEntries(shapes.filter(([name]) => fields[name]?.place === 'stored'));
}

function mergeFields(
  fields: Record<string, Shape>,
  stored: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const next = { ...stored };
  for (const [name, value] of Object.entries(patch)) {
    const shape = fields[name];
    if (value === undefined || !shape) continue;
    if (value === null) next[name] = null;
    else if (shape.kind === 'object')
      next[name] = mergeFields(shape.fields, stored[name] as Record<string, unknown>, value as Record<string, unknown>);
    else if (shape.kind === 'map') next[name] = mergeMap(stored[name], value);
    else next[name] = value;
  }
  return next;
}

function mergeMap(stored: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const next: Record<string, unknown> = isObject(stored) ? { ...stored } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete next[key];
    else next[key] = isObject(value) ? mergeMap(next[key], value) : value;
  }
  return next;
}

/** PUT with any subset of the fields: a sent field replaces, an absent one stays. */
export function replaceFields<F extends Fields>(noun: FieldNoun<F>, stored: DocOf<F>, sent: object): DocOf<F> {
  const next: Record<string, unknown> = { ...(stored as object) };
  for (const name of Object.keys(ownFields(noun))) {
    const value = (sent as Record<string, unknown>)[name];
    if (value !== undefined) next[name] = value;
  }
  return next as unknown as DocOf<F>;
}
