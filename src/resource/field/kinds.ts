import { z } from 'zod';
import type { First } from '../../store/complete.ts';
import * as bounded from '../../validation/fields.ts';
import type { Body, Field, Shown, Words } from './field.ts';

/** The words of the reply, or of the body of a change, where they are others than those of the body of POST. */
export interface Said {
  shown?: string;
  changed?: string;
}

type Stored<T, C extends Body, U extends Body> = Field<'stored', T, C, U>;
type Nullable<S extends z.ZodType> = z.ZodOptional<z.ZodNullable<S>>;

export function shownAs(type: Shown['type'], description: string, more: Partial<Shown> = {}): Shown {
  return { type, description, isList: false, nullable: false, ...more };
}

/** POST demands it; the schema holds its own description. */
export function required<S extends z.ZodType>(
  schema: S,
  first: First<z.output<S>>,
  shown: Shown,
): Stored<z.output<S>, S, z.ZodOptional<S>> {
  return { place: 'stored', first, create: schema, update: schema.optional(), shown };
}

/** What POST leaves out has the first value. */
export function defaulted<S extends z.ZodType>(
  schema: S,
  first: z.core.util.NoUndefined<z.output<S>>,
  [description, said]: [string, Said],
  shown: Shown,
): Stored<z.output<S>, z.ZodDefault<S>, z.ZodOptional<S>> {
  const create = schema.default(first).describe(description);
  const update = schema.optional().describe(said.changed ?? description);
  return { place: 'stored', first, create, update, shown };
}

/** Null where it is not set, and null in a body takes it away. */
export function nullable<S extends z.ZodType>(
  schema: S,
  description: string,
  shown: Shown,
): Stored<z.output<S> | null, Nullable<S>, Nullable<S>> {
  const body = schema.nullable().optional().describe(description);
  return { place: 'stored', first: null, create: body, update: body, shown: { ...shown, nullable: true } };
}

export function name(description: string, said: Said = {}) {
  return required(bounded.name(description), '', shownAs('String', said.shown ?? description));
}

export function optionalName(description: string) {
  const body = bounded.name(description).nullable().optional();
  return { ...nullable(z.string(), description, shownAs('String', description)), create: body, update: body };
}

/** Text, within what its schema says of it. */
export function text<S extends z.ZodType<string>>(schema: S, description: string, said: Said = {}) {
  return required<z.ZodType<string>>(schema.describe(description), '', shownAs('String', said.shown ?? description));
}

/** Text that must not be empty: an id, a name in somebody else's system. */
export function id(description: string, said: Said = {}) {
  return required(bounded.id(description), '', shownAs('String', said.shown ?? description));
}

export function optionalText(description: string, said: Said = {}) {
  return nullable(z.string(), description, shownAs('String', said.shown ?? description));
}

export function textOr(first: string, description: string) {
  return defaulted(z.string(), first, [description, {}], shownAs('String', description));
}

export function flag(first: boolean, description: string, said: Said = {}) {
  return defaulted(z.boolean(), first, [description, said], shownAs('Boolean', said.shown ?? description));
}

export function requiredFlag(description: string) {
  return required(z.boolean().describe(description), false, shownAs('Boolean', description));
}

export function optionalFlag(description: string, said: Said = {}) {
  return nullable(z.boolean(), description, shownAs('Boolean', said.shown ?? description));
}

export function words<W extends string>(
  name: string,
  description: string,
  values: Readonly<Record<W, string>>,
): Words<W> {
  return { name, description, values };
}

export function wordOf<W extends string>({ values }: Words<W>) {
  return z.enum(Object.keys(values) as [W, ...W[]]);
}

/** One of the words; `first` is what a document reads as that was stored before there was the field. */
export function word<W extends string>(words: Words<W>, first: NoInfer<W>, description: string, said: Said = {}) {
  return required(wordOf(words).describe(description), first, shownAs(words, said.shown ?? description));
}

export function wordOr<W extends string>(words: Words<W>, first: NoInfer<W>, description: string, said: Said = {}) {
  return defaulted(wordOf(words), first, [description, said], shownAs(words, said.shown ?? description));
}

export function optionalWord<W extends string>(words: Words<W>, description: string, said: Said = {}) {
  return nullable(wordOf(words), description, shownAs(words, said.shown ?? description));
}

export function integerOr(first: number, bounds: Bounds, description: string, said: Said = {}) {
  return defaulted(integerIn(bounds), first, [description, said], shownAs('SafeInt', said.shown ?? description));
}

export function optionalInteger(bounds: Bounds, description: string, said: Said = {}) {
  return nullable(integerIn(bounds), description, shownAs('SafeInt', said.shown ?? description));
}

/** A number within bounds that may also be null, which POST has to say. */
export function integerOrNull(first: number | null, bounds: Bounds, description: string, said: Said = {}) {
  const shown = shownAs('SafeInt', said.shown ?? description, { nullable: true });
  return defaulted(integerIn(bounds).nullable(), first, [description, said], shown);
}

/** A whole number that is small for sure. */
export function smallInteger(first: number, bounds: Bounds, description: string, said: Said = {}) {
  return defaulted(integerIn(bounds), first, [description, said], shownAs('Int', said.shown ?? description));
}

/** A share, from 0 to 100. */
export function percent(first: number, description: string, said: Said = {}) {
  return defaulted(z.number().min(0).max(100), first, [description, said], shownAs('Float', said.shown ?? description));
}

/** A share, from 0 to 1. */
export function share(first: number, description: string) {
  return defaulted(z.number().min(0).max(1), first, [description, {}], shownAs('Float', description));
}

export interface Bounds {
  min?: number;
  max?: number;
}

function integerIn({ min, max }: Bounds) {
  const low = min === undefined ? z.int() : z.int().min(min);
  return max === undefined ? low : low.max(max);
}

/** A number of things: never below 0, and documented so. */
export function count(description: string, said: Said = {}) {
  const shown = shownAs('SafeInt', said.shown ?? description, { wire: { minimum: 0 } });
  return defaulted(integerIn({ min: 0 }), 0, [description, said], shown);
}

export function optionalCount(description: string, said: Said = {}) {
  const shown = shownAs('SafeInt', said.shown ?? description, { wire: { minimum: 0 } });
  return nullable(integerIn({ min: 0 }), description, shown);
}

/** A number of things under names that the product chooses. */
export function optionalCounts(description: string) {
  const wire = { additionalProperties: { type: 'integer', minimum: 0 } };
  return nullable(
    z.record(z.string(), integerIn({ min: 0 })),
    description,
    shownAs('JSONObject', description, { wire }),
  );
}

/** What only the program reads, with what it reads as where an older program stored none. */
export function internal<T>(first: First<T>): Field<'made', T, null, null> {
  return { place: 'made', first, create: null, update: null, shown: null };
}

/** A moment that the product tells. */
export function time(description: string) {
  return required(z.string(), '', shownAs('DateTime', description));
}

/** A moment, RFC 3339 in bodies and UTC with milliseconds where it is stored. */
export function optionalTime(description: string, said: Said = {}) {
  return nullable(bounded.instant(), description, shownAs('DateTime', said.shown ?? description));
}
