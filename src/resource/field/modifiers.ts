import type { Body, Field, Place, Shown } from './field.ts';

/** What a field of a kind is beyond its kind: who may say it, and who sees it. */

/** The product says it: bodies may repeat it, and it is ignored there. */
export function readOnly<P extends Place, T>(field: Field<P, T>): Field<P, T, null, null> {
  return { ...field, create: null, update: null };
}

export function createOnly<P extends Place, T, C extends Body>(field: Field<P, T, C>): Field<P, T, C, null> {
  return { ...field, update: null };
}

export function updateOnly<P extends Place, T, U extends Body>(field: Field<P, T, Body, U>): Field<P, T, null, U> {
  return { ...field, create: null };
}

/** Stored, and given by the code that makes the document. */
export function made<T>(field: Field<Place, T>): Field<'made', T, null, null> {
  return { ...field, place: 'made', create: null, update: null };
}

/** Seen by nobody. */
export function hidden<P extends Place, T>(field: Field<P, T>): Field<P, T, null, null> {
  return { ...readOnly(field), shown: null };
}

/** Worked out when it is asked for, by the noun's `schema.ts`. */
export function derived<T>(field: Field<Place, T>): Field<'derived', T, null, null> {
  return { ...field, place: 'derived', create: null, update: null };
}

/** Said in bodies and shown as any other, but stored elsewhere by the noun's repository; `schema.ts` answers it. */
export function apart<T, C extends Body, U extends Body>(field: Field<Place, T, C, U>): Field<'derived', T, C, U> {
  return { ...field, place: 'derived' };
}

/** Said in bodies, and read by the noun's repository: neither stored nor shown by this name. */
export function given<T, C extends Body, U extends Body>(field: Field<Place, T, C, U>): Field<'given', T, C, U> {
  return { ...field, place: 'given', shown: null };
}

/** Shown once, by the reply that makes it, and by no other. */
export function shownOnce<T>(field: Field<Place, T>): Field<'given', T, null, null> {
  return { ...field, place: 'given', create: null, update: null };
}

/** Shown in the graph alone. */
export function graphOnly<P extends Place, T, C extends Body, U extends Body>(
  field: Field<P, T, C, U>,
): Field<P, T, C, U> {
  return { ...field, shown: shownBy(field, null) };
}

/** With what REST's documentation says of it beyond its type. */
export function documented<P extends Place, T, C extends Body, U extends Body>(
  wire: Shown['wire'],
  field: Field<P, T, C, U>,
): Field<P, T, C, U> {
  return { ...field, shown: field.shown && { ...field.shown, wire } };
}

/** Shown in REST by another name. */
export function called<P extends Place, T, C extends Body, U extends Body>(
  rest: string,
  field: Field<P, T, C, U>,
): Field<P, T, C, U> {
  return { ...field, shown: shownBy(field, rest) };
}

function shownBy({ shown }: Field, rest: string | null): Shown | null {
  return shown && { ...shown, rest };
}
