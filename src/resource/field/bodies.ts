import { z } from 'zod';
import type { Field, Fields } from './field.ts';

/** What POST may say of such fields, and what a change may. */
export type Created<F extends Fields> = {
  -readonly [K in keyof F as F[K]['create'] extends z.ZodType ? K : never]: F[K]['create'] & z.ZodType;
};
export type Changed<F extends Fields> = {
  -readonly [K in keyof F as F[K]['update'] extends z.ZodType ? K : never]: F[K]['update'] & z.ZodType;
};

/** What POST says of what is stored. */
export type StoredBody<F extends Fields> = z.output<
  z.ZodObject<{
    -readonly [K in keyof F as F[K] extends Field<'stored', unknown, z.ZodType> ? K : never]: F[K]['create'] &
      z.ZodType;
  }>
>;

export function createBody<F extends Fields>(fields: F): z.ZodObject<Created<F>> {
  return bodyOf(fields, ({ create }) => create) as z.ZodObject<Created<F>>;
}

/** What only a change may say comes behind the rest. */
export function updateBody<F extends Fields>(fields: F): z.ZodObject<Changed<F>> {
  const entries = Object.entries<Field>(fields);
  const onlyHere = ([, { create, update }]: [string, Field]) => create === null && update !== null;
  const sorted = [...entries.filter((entry) => !onlyHere(entry)), ...entries.filter(onlyHere)];
  return bodyOf(Object.fromEntries(sorted), ({ update }) => update) as z.ZodObject<Changed<F>>;
}

function bodyOf(fields: Fields, schemaOf: (field: Field) => z.ZodType | null): z.ZodObject {
  const shape = Object.entries(fields).flatMap(([name, field]) => {
    const schema = schemaOf(field);
    return schema ? [[name, schema]] : [];
  });
  const body = z.object(Object.fromEntries(shape));
  return body.meta({ readOnly: repeatable(fields).filter((name) => !Object.hasOwn(body.shape, name)) });
}

/** What replies show: a body may repeat it, and where it cannot say it, it is ignored. */
export function repeatable(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, { shown }]) => {
    const inRest = shown && (shown.rest === undefined ? name : shown.rest);
    return inRest === null ? [] : [inRest];
  });
}
