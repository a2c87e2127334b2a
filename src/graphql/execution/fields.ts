import type { GraphQLResolveInfo } from 'graphql';
import type { MaybePromise } from '../../store/store.ts';
import { failed } from './failure.ts';
import type { Answer, FieldPlan, Path, Run, Selection } from './plan.ts';
import { after, isPromise } from './promise.ts';

/** All fields of an object side by side, as for everything but a mutation's root. */
export function answerFields(
  run: Run,
  { fields, template }: Selection,
  source: unknown,
  path: Path | undefined,
): MaybePromise<Answer> {
  const answer = { ...template };
  let waits = false;
  run.values += fields.length;
  try {
    for (const field of fields) {
      const value = answerField(run, field, source, path);
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
export function answerFieldsInTurn(run: Run, { fields, template }: Selection): MaybePromise<Answer> {
  const answer = { ...template };
  const from = (at: number): MaybePromise<Answer> => {
    for (let next = at; next < fields.length; next += 1) {
      const field = fields[next]!;
      const value = answerField(run, field, run.rootValue, undefined);
      if (isPromise(value))
        return Promise.resolve(value).then((settled) => {
          answer[field.key] = settled;
          return from(next + 1);
        });
      answer[field.key] = value;
    }
    return answer;
  };
  return from(0);
}

function answerField(run: Run, field: FieldPlan, source: unknown, parentPath: Path | undefined): MaybePromise<unknown> {
  const { read, isShown, nodes, nullable } = field;
  let path: Path | undefined;
  try {
    let value: unknown;
    const isRead = read !== null && typeof source === 'object';
    if (isRead) {
      value = read(source!);
      if (isShown?.(value)) return value;
    }
    const place = pathOf(field, parentPath);
    path = place;
    const info = infoOf(run, field, place);
    // A method of the parent is called by the resolver.
    if (!isRead || typeof value === 'function')
      value = field.resolve(source, field.readArguments(run.variables), run.context, info);
    const completed = after(value, (settled) => field.complete(run, info, settled, place));
    if (!isPromise(completed)) return completed;
    return completed.then(undefined, (error) => failed(run, nodes, nullable, error, place));
  } catch (error) {
    return failed(run, nodes, nullable, error, path ?? pathOf(field, parentPath));
  }
}

function pathOf({ key, parentType }: FieldPlan, prev: Path | undefined): Path {
  return { prev, key, typename: parentType.name };
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
