import type { z } from 'zod';
import type { Field } from './field.ts';
import { id, shownAs } from './kinds.ts';
import { made } from './modifiers.ts';

/** The fields that say where a document stands and how it came to be. */

function common<T>(description: string): Field<'common', T, null, null> {
  return { place: 'common', first: '' as T, create: null, update: null, shown: shownAs('String', description) };
}

/** The document's own id, by its documented name. */
export function documentedId(description = 'The documented id.'): Field<'id', string, null, null> {
  return { place: 'id', first: '', create: null, update: null, shown: shownAs('String', description) };
}

/** The same, chosen by whoever makes the document; the schema describes it to them. */
export function chosenId<S extends z.ZodType<string>>(schema: S, description: string): Field<'id', string, S, null> {
  return { place: 'id', first: '', create: schema, update: null, shown: shownAs('String', description) };
}

export function org() {
  return common<string>('The organization.');
}

/** The id of what the document lies in. */
export function parent(description: string) {
  return made(id(description));
}

/** When it was made and last changed; every node of the graph has them. */
export const dated = {
  createdAt: common<string>('When it was created.'),
  updatedAt: common<string>('When it last changed.'),
};

/** The same with who made it. */
export const authored = { createdBy: common<string | null>('Who created it.'), ...dated };
