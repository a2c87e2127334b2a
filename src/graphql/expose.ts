import type { FieldMap } from '@pothos/core';
import type { Context } from '../resource/context.ts';
import type { Field, Fields, ObjectFields, Shown, ValueOf, ValuesOf, Words } from '../resource/field/field.ts';
import type { MaybePromise } from '../store/store.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { asDirectAs, property } from './execution/direct.ts';
import { enumType } from './inputs.ts';

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>;
export type ObjectBuilder<D> = PothosSchemaTypes.ObjectFieldBuilder<Types, D>;

/** How a field is answered whose value is not what is stored. */
export type Answer<D, T> = (parent: D, ctx: Context) => MaybePromise<T>;

/** What is derived needs an answer; what is stored may have another than its own value. */
export type Answers<F extends Fields, D> = {
  [K in keyof F as F[K] extends Field<'derived'> ? K : never]: Answer<D, ValueOf<F[K]>>;
} & {
  [K in keyof F as F[K] extends Field<'stored' | 'made'> ? K : never]?: Answer<D, ValueOf<F[K]>>;
};

/** The fields of a node or of an object inside of one, as the graph has them. */
export function exposed<D>(t: ObjectBuilder<D>, fields: Fields, answers: object = {}): FieldMap {
  const own = Object.entries(fields).flatMap(([name, field]) => {
    const { shown, place } = field;
    if (!shown || place === 'given' || EVERYWHERE.has(name)) return [];
    const answer = (answers as Record<string, Answer<D, unknown> | undefined>)[name];
    const resolve = answer
      ? asDirectAs(answer, (parent: D, _args: object, ctx: Context) => answer(parent, ctx))
      : readerOf(name, field);
    return [[name, fieldOf(t as ObjectBuilder<unknown>, shown, resolve as Resolve)] as const];
  });
  return Object.fromEntries(own);
}

function readerOf(name: string, { place, of }: Field): (parent: unknown) => unknown {
  if (of === undefined) return property(place === 'id' ? 'id' : name);
  return (parent) => (parent as Record<string, Record<string, unknown>>)[of]?.[name];
}

/** What `defineNode` gives every node. */
const EVERYWHERE = new Set(['createdAt', 'updatedAt', 'createdBy']);

type Resolve = (parent: unknown, args: object, ctx: Context) => never;

function fieldOf(t: ObjectBuilder<unknown>, shown: Shown, resolve: Resolve) {
  const type = typeOf(shown.type);
  return t.field({
    type: (shown.isList ? [type] : type) as 'String',
    nullable: shown.nullable,
    description: shown.description,
    extensions: shown.wire && { wire: shown.wire },
    resolve,
  });
}

function typeOf(type: Shown['type']): unknown {
  if (typeof type === 'string') return type;
  return 'fields' in type ? objectOf(type) : enumOf(type);
}

const enums = new Map<Words, ReturnType<typeof enumType>>();

/** The graph's enum of such words. */
export function enumOf(words: Words) {
  const known = enums.get(words) ?? enumType(words.name, words.description, words.values);
  enums.set(words, known);
  return known;
}

function objectTypeOf<F extends Fields>({ name }: ObjectFields<F>) {
  return builder.objectRef<ValuesOf<F>>(name);
}
const objects = new Map<ObjectFields, ReturnType<typeof objectTypeOf>>();

/** The graph's type of such objects; one that `defineObject` did not define has its fields and no more. */
export function objectOf(object: ObjectFields) {
  return objects.get(object) ?? defineObject(object);
}

/** Gives a type of objects inside of nodes what its fields do not tell: what is derived, and edges. */
export function defineObject<F extends Fields, D extends ValuesOf<F>>(
  object: ObjectFields<F>,
  answers?: Answers<F, D>,
  more?: (t: ObjectBuilder<D>) => FieldMap,
) {
  const ref = objectTypeOf(object).implement({
    description: object.description,
    fields: (t) => ({ ...exposed(t, object.fields, answers), ...more?.(t as never) }),
  });
  objects.set(object, ref as never);
  return ref;
}
