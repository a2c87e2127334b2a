import { z } from 'zod';
import { object as completed, listOf, type Nested, nullable } from '../../store/complete.ts';
import { type Changed, type Created, createBody, updateBody } from './bodies.ts';
import type { Body, Field, Fields, ObjectFields, Shown, ValueOf, ValuesOf } from './field.ts';
import { internal, type Said, shownAs } from './kinds.ts';
import { firstsOf } from './values.ts';

/** An object inside of documents, as a type of the graph. */
export function object<F extends Fields>(name: string, description: string, fields: F): ObjectFields<F> {
  return { name, description, fields };
}

type Create<F extends Fields> = z.ZodObject<Created<F>>;
type Update<F extends Fields> = z.ZodOptional<z.ZodObject<Changed<F>>>;

/** An object whose fields POST may leave out one by one, and a change changes one by one; POST demands the object. */
export function requiredSettings<F extends Fields>(
  object: ObjectFields<F>,
  description: string,
  { shown = description, changed = description }: Said = {},
): Field<'stored', ValuesOf<F>, Create<F>, Update<F>> {
  const { create, update } = bodiesOf(object, description, changed);
  const first = completed<ValuesOf<F>>(firstsOf(object.fields));
  return { place: 'stored', first, create, update, shown: shownAs(object, shown) };
}

/** The same where POST may leave the object out. */
export function settings<F extends Fields>(
  object: ObjectFields<F>,
  description: string,
  said: Said = {},
): Field<'stored', ValuesOf<F>, z.ZodDefault<Create<F>>, Update<F>> {
  const field = requiredSettings(object, description, said);
  const values = completed<ValuesOf<F>>(firstsOf(object.fields)).first();
  return { ...field, create: field.create.default(values as never).describe(description) };
}

/** Null where they are not set. Only a change says them, one by one; null takes them away. */
export function optionalSettings<F extends Fields>(
  object: ObjectFields<F>,
  description: string,
): Field<'stored', ValuesOf<F> | null, null, z.ZodOptional<z.ZodNullable<z.ZodObject<Changed<F>>>>> {
  const update = updateBody(object.fields).nullable().optional().describe(description);
  const first = nullable<ValuesOf<F>>(firstsOf(object.fields));
  return { place: 'stored', first, create: null, update, shown: shownAs(object, description, { nullable: true }) };
}

/** Where POST and a change may say the same they share one type of input; else each is described as what it does. */
function bodiesOf<F extends Fields>({ fields }: ObjectFields<F>, description: string, changed: string) {
  const create = createBody(fields);
  const isShared = Object.values<Field>(fields).every((field) => field.create === field.update);
  const update = isShared ? (create as unknown as z.ZodObject<Changed<F>>) : updateBody(fields).describe(changed);
  return {
    create: isShared ? create : create.describe(description),
    update: update.optional().describe(changed),
  };
}

/** Replaced as a whole. */
export function objectList<F extends Fields>(
  object: ObjectFields<F>,
  { max, message }: { max: number; message: string },
  description: string,
  said: Said = {},
): Field<'stored', ValuesOf<F>[], z.ZodOptional<z.ZodArray<Create<F>>>, z.ZodOptional<z.ZodArray<Create<F>>>> {
  const item = createBody(object.fields).describe(object.description);
  const body = z.array(item).max(max, message).optional().describe(description);
  const first = listOf<ValuesOf<F>>(firstsOf(object.fields));
  const shown = shownAs(object, said.shown ?? description, { isList: true });
  return { place: 'stored', first, create: body, update: body, shown };
}

/** Objects that the product makes: no body says them. */
export function part<F extends Fields>(object: ObjectFields<F>, description: string) {
  return answered(completed<ValuesOf<F>>(firstsOf(object.fields)), shownAs(object, description));
}

export function optionalPart<F extends Fields>(object: ObjectFields<F>, description: string) {
  return answered(nullable<ValuesOf<F>>(firstsOf(object.fields)), shownAs(object, description, { nullable: true }));
}

export function parts<F extends Fields>(object: ObjectFields<F>, description: string) {
  return answered(listOf<ValuesOf<F>>(firstsOf(object.fields)), shownAs(object, description, { isList: true }));
}

function answered<T>(first: Nested<T>, shown: Shown): Field<'stored', T, null, null> {
  return { place: 'stored', first, create: null, update: null, shown };
}

export type PartsOf<F extends Fields> = {
  readonly [K in keyof F]: Field<'part', ValueOf<F[K]>, F[K]['create'], null>;
};

/** Fields that POST says and replies show beside the document's own, stored together in one object of it. */
export function partsOf<F extends Fields>(of: string, fields: F): PartsOf<F> {
  const entries = Object.entries<Field>(fields);
  const parts = entries.map(([name, field]): [string, Field<'part', unknown, Body, null>] => [
    name,
    { ...field, place: 'part', update: null, of },
  ]);
  return Object.fromEntries(parts) as PartsOf<F>;
}

/** The object that such fields are stored in. */
export function stored<F extends Fields>(fields: F): Field<'made', ValuesOf<F>, null, null> {
  return internal(completed<ValuesOf<F>>(firstsOf(fields)));
}
