import { z } from 'zod';
import type { First } from '../../store/complete.ts';
import * as bounded from '../../validation/fields.ts';
import type { Field, Shown } from './field.ts';
import { defaulted, nullable, required, type Said, shownAs } from './kinds.ts';

/** Lists and maps: empty where a body leaves them out, and null only where the kind says so. */
function optional<S extends z.ZodType, U extends z.ZodType>(
  first: First<z.output<S>>,
  create: z.ZodOptional<S>,
  update: z.ZodOptional<U>,
  shown: Shown,
): Field<'stored', z.output<S>, z.ZodOptional<S>, z.ZodOptional<U>> {
  return { place: 'stored', first, create, update, shown };
}

function listAs(description: string): Shown {
  return shownAs('String', description, { isList: true });
}

export function tags(said: Said = {}) {
  const body = bounded.tagList();
  return optional([], body, body, listAs(said.shown ?? 'Free labels.'));
}

/** Text, or what the item's schema makes of it. */
export function textList<S extends z.ZodType<string>>(item: S, description: string) {
  const body = z.array(item).optional().describe(description);
  return optional([], body, body, listAs(description));
}

/** The schema tells what it holds. */
export function requiredList<S extends z.ZodType<string>>(list: z.ZodArray<S>, said: Said = {}) {
  return required(list, [], listAs(said.shown ?? list.description ?? ''));
}

/** Texts that have a value of their own where POST leaves them out; the schema holds what is true of the whole list. */
export function textListOr<S extends z.ZodType<string>>(
  list: z.ZodArray<S>,
  first: z.output<S>[],
  description: string,
) {
  return defaulted(list, first as never, [description, {}], listAs(description));
}

export function optionalTextList<S extends z.ZodType<string>>(item: S, description: string, said: Said = {}) {
  return nullable(z.array(item), description, listAs(said.shown ?? description));
}

/** Text under keys of the caller's own; a change merges, and null takes a key away. */
export function stringMap(description: string, said: Said = {}) {
  const shown = shownAs('JSONObject', said.shown ?? description, {
    wire: { additionalProperties: { type: 'string' } },
  });
  return optional({}, bounded.stringMap(description), bounded.stringMapPatch(description), shown);
}

/** The same, null where it is not said. */
export function optionalStringMap(description: string, said: Said = {}) {
  const shown = shownAs('JSONObject', said.shown ?? description, {
    wire: { additionalProperties: { type: 'string' } },
  });
  return nullable(bounded.stringMap(description).unwrap(), description, shown);
}

/** Anything under keys of the caller's own, within what the schema says of them. */
export function freeMap<S extends z.ZodType<Record<string, unknown>>>(schema: S, description: string, said: Said = {}) {
  const create = schema.optional().describe(description);
  const update = schema.optional().describe(said.changed ?? description);
  return optional({} as First<z.output<S>>, create, update, shownAs('JSONObject', said.shown ?? description));
}

export function optionalFreeMap(description: string) {
  return nullable(z.record(z.string(), z.unknown()), description, shownAs('JSONObject', description));
}
