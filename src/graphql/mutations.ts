import type { GraphQLFieldExtensions } from 'graphql';
import type { z } from 'zod';
import type { Context } from '../resource/context.ts';
import { find, idNameOf, type Noun } from '../resource/noun.ts';
import type { Saved } from '../resource/write.ts';
import { chain, type Doc, type MaybePromise } from '../store/store.ts';
import { type Checked, passed } from '../validation/checked.ts';
import { isPlainName } from '../validation/names.ts';
import { fieldsOf } from '../validation/shape.ts';
import { isObject, type Walked, walk } from '../validation/walk.ts';
import { type Issue, valueError } from '../words/errors.ts';
import { pascal } from '../words/naming.ts';
import { builder } from './builder.ts';
import { inputFrom } from './inputs.ts';

/** An own rule's finding: a camelCase path below the input. */
export interface Finding {
  path: (string | number)[];
  message: string;
}
export type InputRules<T> = (input: Partial<T>, ctx: Context) => Finding[];

/** A payload's field: how it is typed and described. */
export interface PayloadField {
  type: unknown;
  description: string;
  nullable?: boolean;
}
type PayloadFields = Record<string, PayloadField>;

/** What a resolver has to answer: a value for every field of the payload, null only where it may be. */
type PayloadOf<F extends PayloadFields> = {
  [K in keyof F]: F[K] extends { nullable: true } ? unknown : NonNullable<unknown>;
};

export interface MutationOptions<S extends z.ZodType, F extends PayloadFields> {
  permission: string;
  /** Whether a token that is limited to workspaces may never do this. */
  unlimited?: boolean;
  description: string;
  input: S;
  /** Of an update: what it changes; its input names one by the documented id. */
  changes?: Noun<Doc>;
  /** Rules beyond type and bounds that need nothing from the store. */
  rules?: InputRules<z.output<S>>;
  /** Fields that others make required: each that it names answers `missing`. */
  missing?: (input: Partial<z.output<S>>) => string[];
  payload: F;
  resolve: (ctx: Context, input: Checked<z.output<S>>) => Promise<Saved<PayloadOf<F>>>;
}

/** What the caller of a mutation has found out already, as the root value; the graph's own callers nothing. */
export interface Known<S extends z.ZodType = z.ZodType> {
  input?: Checked<z.output<S>>;
  /** What the mutation will answer: nothing runs, the selection alone is shown. */
  payload?: object;
}

/** What the adapter needs to know of a mutation: how its input is checked. */
export interface MutationExtensions extends GraphQLFieldExtensions<unknown, Context> {
  input?: z.ZodType;
  changes?: Noun<Doc>;
  rules?: InputRules<unknown>;
  missing?: (input: object) => string[];
}

/** A root mutation with one `input` and a payload; checks permission, then fields, then runs. */
export function mutation<S extends z.ZodType, const F extends PayloadFields>(
  name: string,
  options: MutationOptions<S, F>,
): void {
  const payload = builder.objectRef<Record<string, unknown>>(`${pascal(name)}Payload`).implement({
    description: `What ${name} answers.`,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(options.payload).map(([field, { type, description, nullable }]) => [
          field,
          t.field({
            type: type as never,
            description,
            nullable: nullable ?? false,
            resolve: (value) => value[field] as never,
          }),
        ]),
      ) as never,
  });
  builder.mutationField(name, (t) =>
    t.field({
      type: payload,
      nullable: true,
      description: options.description,
      permission: options.permission,
      unlimited: options.unlimited,
      extensions: {
        input: options.input,
        changes: options.changes,
        rules: options.rules,
        missing: options.missing,
      } as MutationExtensions as Record<string, unknown>,
      args: {
        input: t.arg({
          type: inputFrom(`${pascal(name)}Input`, options.input) as never,
          required: true,
          description: 'What to change, and how.',
        }),
      },
      resolve: ((known: Known<S>, args: { input: unknown }, ctx: Context) =>
        run(ctx, options, args.input, known)) as never,
    }),
  );
}

async function run<S extends z.ZodType, F extends PayloadFields>(
  ctx: Context,
  options: MutationOptions<S, F>,
  input: unknown,
  known: Known<S>,
): Promise<object> {
  if (known.payload !== undefined) return known.payload;
  return options.resolve(ctx, known.input ?? (await checkInput(ctx, options, input)));
}

async function checkInput<S extends z.ZodType, F extends PayloadFields>(
  ctx: Context,
  options: MutationOptions<S, F>,
  input: unknown,
): Promise<Checked<z.output<S>>> {
  const { value, issues } = await walkKeeping(ctx, options.changes, input, input, (kept) =>
    walk(options.input, input, ['input'], { naming: 'camel', kept }),
  );
  const own = ruleIssues(options as unknown as MutationExtensions, value, input, ctx);
  const all = [...issues, ...beside(issues, own)];
  return passed(value, sortByField(Object.keys(fieldsOf(options.input)), all));
}

/**
 * Checks an input; where that refuses or changes something, once more beside the document that it changes: what repeats
 * a stored field stays, though it could not be given any more, so that what GET gave can be sent back. `target` has the
 * id by the input's name of it.
 */
export function walkKeeping<T>(
  ctx: Context,
  changes: Noun<Doc> | undefined,
  target: unknown,
  body: unknown,
  check: (kept?: Doc) => Walked<T>,
): MaybePromise<Walked<T>> {
  const walked = check();
  if (!changes || !isObject(body) || !isObject(target)) return walked;
  const { name } = body;
  if (walked.issues.length === 0 && (typeof name !== 'string' || isPlainName(name))) return walked;
  const idName = idNameOf(changes);
  const id = target[idName] ?? (idName === 'orgId' ? ctx.principal.orgId : null);
  if (typeof id !== 'string') return walked;
  return chain(find(ctx, changes, id), (stored) => (stored ? check(stored) : walked));
}

/** What the mutation's own rules find, as issues below `input`. */
export function ruleIssues(
  { rules, missing }: MutationExtensions,
  value: unknown,
  input: unknown,
  ctx: Context,
): Issue[] {
  if (typeof value !== 'object' || value === null) return [];
  const found = rules?.(value, ctx) ?? [];
  const values = found.map(({ path, message }) =>
    valueError(
      ['input', ...path],
      message,
      path.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], value) ?? null,
    ),
  );
  const absent = (missing?.(value) ?? []).map(
    (name): Issue => ({ type: 'missing', loc: ['input', name], msg: 'Field required', input }),
  );
  return [...values, ...absent];
}

/** An own rule says nothing of a field that is refused already: it was sent, and nobody knows what it would be. */
export function beside(refused: readonly Issue[], own: readonly Issue[]): Issue[] {
  const told = new Set(refused.map(({ loc }) => loc.join('/')));
  return own.filter(({ loc }) => !told.has(loc.join('/')));
}

/** Issues come in the order of the fields, unknown names last. */
export function sortByField(names: readonly string[], issues: Issue[]): Issue[] {
  const place = (issue: Issue) => {
    const at = names.indexOf(String(issue.loc[1]));
    return at < 0 ? names.length : at;
  };
  return issues
    .map((issue, at) => ({ issue, at }))
    .sort((a, b) => place(a.issue) - place(b.issue) || a.at - b.at)
    .map(({ issue }) => issue);
}
