import type { z } from 'zod';
import type { First } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';

/** Where the value of a field comes from. */
export type Place =
  /** Stored: what the body says, else the first value. */
  | 'stored'
  /** Stored, and given by whoever makes the document. */
  | 'made'
  /** Not stored: the noun's `schema.ts` answers it. */
  | 'derived'
  /** The document's own id, by its documented name. */
  | 'id'
  /** Stored in an object of the document, though bodies and replies have it beside the others. */
  | 'part'
  /** Among what every document has. */
  | 'common'
  /** In bodies only: the noun's repository reads it. */
  | 'given';

export type Body = z.ZodType | null;

/**
 * One field of a noun, as a value: what is stored of it and what it reads as where an older program stored none, what
 * the bodies of POST and of a change may say, and how it is shown.
 */
export interface Field<P extends Place = Place, T = unknown, C extends Body = Body, U extends Body = Body> {
  readonly place: P;
  readonly first: First<T>;
  readonly create: C;
  readonly update: U;
  /** How the graph has it; null where nobody sees it. */
  readonly shown: Shown | null;
  /** Of a part: the object that it is stored in. */
  readonly of?: string;
}

export interface Shown {
  readonly type: Scalar | Words | ObjectFields;
  readonly isList: boolean;
  readonly nullable: boolean;
  readonly description: string;
  /** Its name in REST, where it is another (in camelCase); null where REST does not have it. */
  readonly rest?: string | null;
  /** What REST's documentation says beyond the type: keywords of JSON Schema. */
  readonly wire?: Record<string, unknown>;
}

export type Scalar = 'String' | 'Boolean' | 'Int' | 'SafeInt' | 'Float' | 'DateTime' | 'JSONObject';

/** An enum of the graph: each word with what it means. */
export interface Words<W extends string = string> {
  readonly name: string;
  readonly description: string;
  readonly values: Readonly<Record<W, string>>;
}

/** An object inside of documents, with fields of its own. */
export interface ObjectFields<F extends Fields = Fields> {
  readonly name: string;
  readonly description: string;
  readonly fields: F;
}

/** In the order in which replies show them and bodies are checked. */
export type Fields = Readonly<Record<string, Field>>;

type StoredField = Field<'stored' | 'made'>;

/** What is stored of such fields. */
export type ValuesOf<F extends Fields> = {
  -readonly [K in keyof F as F[K] extends StoredField ? K : never]: ValueOf<F[K]>;
};

export type DocOf<F extends Fields> = Doc & ValuesOf<F>;

export type ValueOf<One extends Field> = One extends Field<Place, infer T> ? T : never;

/** What whoever makes a document has to give beside the body; what has a first value may be left to it. */
export type Made<F extends Fields> = { [K in keyof F as F[K] extends Field<'made'> ? K : never]: ValueOf<F[K]> } & {
  [K in keyof F as F[K] extends Field<'stored'> ? K : never]?: ValueOf<F[K]>;
};
