import type { MaybePromise } from '../../store/store.ts';
import { UNREAD } from './direct.ts';
import { failed } from './failure.ts';
import { Info } from './info.ts';
import { keptAnswer } from './kept.ts';
import type { FieldPlan, Path, Run, Selection } from './plan.ts';
import { isPromise } from './promise.ts';
import type { Answer, Shape } from './shape.ts';

/** All fields of an object side by side, as for everything but a mutation's root. */
export function answerFields(
  run: Run,
  selection: Selection,
  source: unknown,
  path: Path | undefined,
): MaybePromise<Answer> {
  const { fields, shape, isKeepable } = selection;
  if (isKeepable && run.plan.isKnown && typeof source === 'object' && source !== null) {
    const kept = keptAnswer(selection, source);
    if (kept) return kept;
  }
  const values = new Array<unknown>(fields.length);
  let waits = false;
  run.values += fields.length;
  try {
    let at = 0;
    for (const field of fields) {
      const value = answerField(run, field, source, path);
      values[at] = value;
      at += 1;
      waits ||= isPromise(value);
    }
  } catch (error) {
    if (!waits) throw error;
    // The others are heard out first: a rejection that nobody hears ends the process.
    return settled(shape, values).finally(() => {
      throw error;
    });
  }
  return waits ? settled(shape, values) : shape(values);
}

/** As many ticks later as graphql-js has it: of two errors on one way up, the first one is told. */
function settled(shape: Shape, values: readonly unknown[]): Promise<Answer> {
  return Promise.all(values).then(shape);
}

/** A mutation's fields, each begun when the one before is done. */
export function answerFieldsInTurn(run: Run, { fields, shape }: Selection): MaybePromise<Answer> {
  const values = new Array<unknown>(fields.length);
  const from = (at: number): MaybePromise<Answer> => {
    const field = fields[at];
    if (!field) return shape(values);
    const goOn = (value: unknown) => {
      values[at] = value;
      return from(at + 1);
    };
    const value = answerField(run, field, run.rootValue, undefined);
    return isPromise(value) ? Promise.resolve(value).then(goOn) : goOn(value);
  };
  return from(0);
}

function answerField(run: Run, field: FieldPlan, source: unknown, parentPath: Path | undefined): MaybePromise<unknown> {
  const { read, isShown, nodes, nullable } = field;
  let path: Path | undefined;
  try {
    let value: unknown;
    const isRead = read !== null && typeof source === 'object' && source !== null;
    if (isRead) {
      value = read(source);
      if (value !== UNREAD && isShown?.(value)) return value;
    }
    const place = pathOf(field, parentPath);
    path = place;
    const info = new Info(run, field, place);
    // A method of the parent is called by the resolver.
    if (!isRead || value === UNREAD || typeof value === 'function')
      value = field.resolve(source, field.readArguments(run.variables), run.context, info);
    const completed = isPromise(value)
      ? value.then((settled) => field.complete(run, info, settled, place))
      : field.complete(run, info, value, place);
    if (!isPromise(completed)) return completed;
    return completed.then(undefined, (error) => failed(run, nodes, nullable, error, place));
  } catch (error) {
    return failed(run, nodes, nullable, error, path ?? pathOf(field, parentPath));
  }
}

function pathOf({ key, parentType }: FieldPlan, prev: Path | undefined): Path {
  return { prev, key, typename: parentType.name };
}
