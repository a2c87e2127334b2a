import type { z } from 'zod';
import { idIn } from '../store/named.ts';
import {
  type AnyCollection,
  type Clause,
  type Collection,
  chain,
  type Doc,
  type MaybePromise,
  type Scalar,
} from '../store/store.ts';
import { notFound } from '../words/errors.ts';
import type { Context, Principal } from './context.ts';
import { type Changed, type Created, createBody, updateBody } from './field/bodies.ts';
import type { DocOf, Fields } from './field/field.ts';
import { firstsOf } from './field/values.ts';
import { allows, type Resource } from './permissions.ts';

/** One noun of the domain: how it is stored, named in the graph, in errors and in permissions. */
export interface Noun<D extends Doc> {
  /** The graph's type name. */
  type: string;
  /** `resource_type` of errors and audit events. */
  resource: string;
  /** The word before the colon of its permissions. */
  permission: Resource;
  collection: Collection<D>;
  /** The kind that it is referred to as (`model` in `model:gpt-4o`). */
  referredAs?: string;
  /** Whether it is a part of what it lies in: not counted among what goes with a deleted one. */
  isPart?: boolean;
  /** What it is seen with, by the field that names it: where that is hidden, so is this. */
  seenWith?: { noun: Noun<Doc>; field: string };
  fields: Fields;
  /** What POST and a change may say of it. */
  bodies: { create: z.ZodObject; update: z.ZodObject };
  /** What else hides a document from a principal of the same org, as a test and as a condition of lists. */
  hides?: Hides<D>;
}

export interface Hides<D extends Doc> {
  test(principal: Principal, doc: D): boolean;
  where(principal: Principal): Clause[];
  /** Who alone sees it, beside those who may see all that is private; null: nobody is kept from it. */
  privateTo(doc: D): string | null;
}

/** Whom what is private belongs to where its creator is not known. */
export const NOBODY = '-';

type FieldOf<D> = keyof D & string;

/** The same, with every field that it names being one of its documents'. */
type Declared<D extends Doc> = Omit<Noun<D>, 'fields' | 'bodies'> & {
  seenWith?: { field: FieldOf<D> };
  collection: {
    columns?: readonly FieldOf<D>[];
    scopes?: readonly FieldOf<D>[];
    filters?: readonly (FieldOf<D> | { field: FieldOf<D>; is: Scalar })[];
    totals?: readonly (readonly FieldOf<D>[])[];
    ancestors?: readonly { field: FieldOf<D>; in: string }[];
    search?: { scope: FieldOf<D> };
    expires?: FieldOf<D>;
  };
};

const nouns: Noun<Doc>[] = [];

/** A noun made of its fields. */
export interface FieldNoun<F extends Fields> extends Noun<DocOf<F>> {
  fields: F;
  bodies: { create: z.ZodObject<Created<F>>; update: z.ZodObject<Changed<F>> };
}

/** A noun is known from its definition on: what lies below another, and who refers to it, is asked of all of them. */
export function defineNoun<F extends Fields>(fields: F, noun: Declared<DocOf<F>>): FieldNoun<F> {
  const first = firstsOf(fields) as Collection<DocOf<F>>['first'];
  const bodies = { create: createBody(fields), update: updateBody(fields) };
  const made = { ...noun, fields, bodies, collection: { ...noun.collection, first } };
  nouns.push(made);
  return made;
}

export function allNouns(): readonly Noun<Doc>[] {
  return nouns;
}

/** The documented name of the noun's id: `appId`. */
export function idNameOf({ fields, type }: { fields: Fields; type: string }): string {
  const named = Object.entries(fields).find(([, { place }]) => place === 'id');
  if (!named) throw new Error(`${type} has no documented id`);
  return named[0];
}

const workspaceFields = new WeakMap<AnyCollection, string | null>();

/** The field that holds a document's workspace, if its collection lies in workspaces. */
function workspaceField(noun: Noun<Doc>): string | null {
  const known = workspaceFields.get(noun.collection);
  if (known !== undefined) return known;
  const { columns = [], scopes = [], ancestors = [] } = noun.collection;
  const fields = [...columns, ...scopes, ...ancestors.map(({ field }) => field)];
  const field = noun.type === 'Workspace' ? 'id' : fields.includes('workspaceId') ? 'workspaceId' : null;
  workspaceFields.set(noun.collection, field);
  return field;
}

export function canSee<D extends Doc>(principal: Principal, noun: Noun<D>, doc: D): boolean {
  if (doc.orgId !== principal.orgId) return false;
  const field = principal.workspaceIds && workspaceField(noun);
  if (field && !principal.workspaceIds?.includes(idIn(doc, field))) return false;
  return !noun.hides?.test(principal, doc);
}

/** The id of a document that is in the way, where the principal may read it. */
export function idShown<D extends Doc>(principal: Principal, noun: Noun<D>, doc: D | null): string | null {
  return doc && may(principal, `${noun.permission}:read`) && canSee(principal, noun, doc) ? doc.id : null;
}

/** What can be seen, as conditions of a list. */
export function visibleWhere<D extends Doc>(principal: Principal, noun: Noun<D>): Clause[] {
  const field = workspaceField(noun);
  const clauses: Clause[] = principal.workspaceIds && field ? [{ field, in: principal.workspaceIds }] : [];
  return [...clauses, ...(noun.hides?.where(principal) ?? [])];
}

/** A document by id, null when the principal cannot see it. Answers at once where the engine does. */
export function find<D extends Doc>(ctx: Context, noun: Noun<D>, id: string): MaybePromise<D | null> {
  return chain(ctx.deps.store.get(noun.collection, { orgId: ctx.principal.orgId, id }), (doc) => shown(ctx, noun, doc));
}

/** The same, read together with what else this request asks for. */
export function load<D extends Doc>(ctx: Context, noun: Noun<D>, id: string | null): MaybePromise<D | null> {
  if (id === null) return null;
  return chain(ctx.loaders.get(noun.collection, id), (doc) => shown(ctx, noun, doc));
}

function shown<D extends Doc>(ctx: Context, noun: Noun<D>, doc: D | null): MaybePromise<D | null> {
  if (!doc || !canSee(ctx.principal, noun, doc)) return null;
  if (!noun.seenWith) return doc;
  const { noun: whole, field } = noun.seenWith;
  return chain(load(ctx, whole, idIn(doc, field)), (seen) => (seen ? doc : null));
}

export async function need<D extends Doc>(ctx: Context, noun: Noun<D>, id: string): Promise<D> {
  const doc = await find(ctx, noun, id);
  if (!doc) throw notFound(noun.resource, id);
  return doc;
}

export function may(principal: Principal, permission: string): boolean {
  return allows(principal.permissions, permission);
}
