import type { z } from 'zod';
import { type Shape, shapeOf } from './validation/shape.ts';
import { isObject } from './validation/walk.ts';

/**
 * RFC 7396 over a stored document, as the update's schema describes it: nested objects merge; `null` clears a nullable
 * field and removes a key of a free-form or string map; what is left out stays.
 */
export function mergePatch<D extends object>(schema: z.ZodType, stored: D, patch: object): D {
  return mergeFields(shapeOf(schema).fields!, stored as Record<string, unknown>, patch as Record<string, unknown>) as D;
}

function mergeFields(
  fields: Record<string, Shape>,
  stored: Record<string, unknown>,
  patch: Record<string, unknown>,
): Record<string, unknown> {
  const next = { ...stored };
  for (const [name, value] of Object.entries(patch)) {
    const shape = fields[name];
    if (value === undefined || !shape || !Object.hasOwn(stored, name)) continue;
    if (value === null) next[name] = null;
    else if (shape.kind === 'object')
      next[name] = mergeFields(
        shape.fields!,
        stored[name] as Record<string, unknown>,
        value as Record<string, unknown>,
      );
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
export function replaceFields<D extends object>(schema: z.ZodType, stored: D, sent: object): D {
  const next = { ...stored } as Record<string, unknown>;
  for (const name of Object.keys(shapeOf(schema).fields!)) {
    const value = (sent as Record<string, unknown>)[name];
    if (value !== undefined && Object.hasOwn(stored, name)) next[name] = value;
  }
  return next as D;
}
