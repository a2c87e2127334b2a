import { type GraphQLError, type GraphQLResolveInfo, locatedError } from 'graphql';
import type { MaybePromise } from '../../store/store.ts';
import type { Pace } from '../../words/pace.ts';
import type { FieldNodes, FieldPlan, Plan, SelectionPlan } from './plan.ts';
import { after, isPromise } from './promise.ts';
import type { Variables } from './variables.ts';

export type Path = GraphQLResolveInfo['path'];

/** One execution of a plan. */
export interface Run {
  plan: Plan;
  variables: Variables;
  context: unknown;
  rootValue: unknown;
  errors: GraphQLError[];
  /** Where errors have made null; `undefined` stands for the answer as a whole. */
  nulled: Set<Path | undefined>;
  pace: Pace;
  /** Values that were answered since the clock was looked at. */
  values: number;
}

/** So many values take a few milliseconds at most; nobody who asks for fewer ever waits, or pays for a look at the clock. */
const VALUES_PER_LOOK = 1_000;

/** What an error costs, with its stack and its places. */
const VALUES_PER_ERROR = 50;

/** Whether the rest of a list has to wait for a later turn of the event loop; once it has, all lists of the run do. */
export function isTimeUp(run: Run): boolean {
  if (run.values < VALUES_PER_LOOK) return false;
  if (run.pace.isUp()) return true;
  run.values = 0;
  return false;
}

export type Answer = Record<string, unknown>;

/** All fields of an object side by side, as for everything but a mutation's root. */
export function runFields(
  run: Run,
  { fields, template }: SelectionPlan,
  source: unknown,
  path: Path | undefined,
): MaybePromise<Answer> {
  const answer = { ...template };
  let waits = false;
  run.values += fields.length;
  try {
    for (const field of fields) {
      const value = runField(run, field, source, path);
      answer[field.key] = value;
      waits ||= isPromise(value);
    }
  } catch (error) {
    if (!waits) throw error;
    // The others are heard out first: a rejection that nobody hears ends the process.
    return settled(answer).finally(() => {
      throw error;
    });
  }
  return waits ? settled(answer) : answer;
}

async function settled(answer: Answer): Promise<Answer> {
  const values = await Promise.all(Object.values(answer));
  for (const [at, key] of Object.keys(answer).entries()) answer[key] = values[at];
  return answer;
}

/** A mutation's fields, each begun when the one before is done. */
export function runFieldsInTurn(run: Run, { fields, template }: SelectionPlan): MaybePromise<Answer> {
  const answer = { ...template };
  const from = (at: number): MaybePromise<Answer> => {
    for (let next = at; next < fields.length; next += 1) {
      const field = fields[next]!;
      const value = runField(run, field, run.rootValue, undefined);
      if (isPromise(value))
        return value.then((settled) => {
          answer[field.key] = settled;
          return from(next + 1);
        });
      answer[field.key] = value;
    }
    return answer;
  };
  return from(0);
}

function runField(run: Run, field: FieldPlan, source: unknown, parentPath: Path | undefined): MaybePromise<unknown> {
  if (field.plain !== null && typeof source === 'object') {
    const value = (source as Answer)[field.definition.name];
    if (typeof value === field.plain || (value === null && field.nullable)) return value;
  }
  const path: Path = { prev: parentPath, key: field.key, typename: field.parentType.name };
  try {
    const info = infoOf(run, field, path);
    const value = field.resolve(source, field.readArguments(run.variables), run.context, info);
    const completed = after(value, (settled) => field.complete(run, info, settled, path));
    if (!isPromise(completed)) return completed;
    return completed.then(undefined, (error) => failed(run, field.nodes, field.nullable, error, path));
  } catch (error) {
    return failed(run, field.nodes, field.nullable, error, path);
  }
}

function infoOf({ plan, rootValue, variables }: Run, field: FieldPlan, path: Path): GraphQLResolveInfo {
  return {
    fieldName: field.definition.name,
    fieldNodes: field.nodes,
    returnType: field.definition.type,
    parentType: field.parentType,
    path,
    schema: plan.schema,
    fragments: plan.fragments,
    rootValue,
    operation: plan.operation,
    variableValues: variables,
  };
}

/** Null and an error in the answer where null may stand; else the error goes up to where it may. */
export function failed(run: Run, nodes: FieldNodes, nullable: boolean, raised: unknown, path: Path): null {
  const error = locatedError(raised, nodes, keysOf(path));
  run.values += VALUES_PER_ERROR;
  if (!nullable) throw error;
  addError(run, error, path);
  return null;
}

/** What lies below a null that is told already adds nothing to the answer. */
export function addError({ errors, nulled }: Run, error: GraphQLError, path: Path | undefined): void {
  for (let at = path; at; at = at.prev) if (nulled.has(at)) return;
  if (nulled.has(undefined)) return;
  nulled.add(path);
  errors.push(error);
}

function keysOf(path: Path): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at: Path | undefined = path; at; at = at.prev) keys.push(at.key);
  return keys.reverse();
}
