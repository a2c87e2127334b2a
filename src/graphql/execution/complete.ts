import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLNullableType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  getNullableType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { failed, hear } from './failure.ts';
import { answerFields } from './fields.ts';
import { SHOWN_ITEMS_MAX, shownTest } from './leaf.ts';
import type { Complete, FieldNodes, Path, Plan, Run, Selection } from './plan.ts';
import { after, isPromise } from './promise.ts';

/** How values of a type are completed, chosen once for all of them. */
export function completer(plan: Plan, type: GraphQLOutputType, nodes: FieldNodes): Complete {
  const complete = presentCompleter(plan, getNullableType(type), nodes);
  const nullable = !isNonNullType(type);
  return (run, info, value, path) => {
    if (value instanceof Error) throw value;
    if (value !== null && value !== undefined) return complete(run, info, value, path);
    if (nullable) return null;
    throw new Error(`Cannot return null for non-nullable field ${info.parentType.name}.${info.fieldName}.`);
  };
}

function presentCompleter(plan: Plan, type: GraphQLNullableType & GraphQLOutputType, nodes: FieldNodes): Complete {
  if (isListType(type)) return listCompleter(plan, type.ofType, nodes);
  if (isObjectType(type)) return objectCompleter(plan, type, nodes);
  if (isAbstractType(type)) return abstractCompleter(plan, type, nodes);
  return leafCompleter(type);
}

function leafCompleter(type: GraphQLLeafType): Complete {
  return (_run, _info, value) => {
    const leaf = type.serialize(value);
    if (leaf !== null && leaf !== undefined) return leaf;
    throw new Error(
      `Expected \`${type.name}.serialize(${String(value)})\` to return non-nullable value, returned: ${leaf}`,
    );
  };
}

function listCompleter(plan: Plan, itemType: GraphQLOutputType, nodes: FieldNodes): Complete {
  const complete = completer(plan, itemType, nodes);
  const isShown = shownTest(itemType);
  const nullable = !isNonNullType(itemType);
  return (run, info, value, path) => {
    if (typeof value !== 'object' || !(Symbol.iterator in (value as object)))
      throw new GraphQLError(
        `Expected Iterable, but did not find one for field "${info.parentType.name}.${info.fieldName}".`,
      );
    const items = Array.isArray(value) ? value : [...(value as Iterable<unknown>)];
    const isAtOnce = items.length <= SHOWN_ITEMS_MAX || Object.isFrozen(items);
    if (isShown !== null && isAtOnce && items.every(isShown)) return items;
    const completed: unknown[] = [];
    let waits = false;
    const completeFrom = (start: number): unknown => {
      for (let at = start; at < items.length; at += 1) {
        if (isTimeUp(run)) {
          waits = true;
          hear(completed.slice(start));
          return run.pace.later().then(() => completeFrom(at));
        }
        run.values += 1;
        const itemPath: Path = { prev: path, key: at, typename: undefined };
        const fail = (error: unknown) => failed(run, nodes, nullable, error, itemPath);
        try {
          const item = items[at];
          const one = isPromise(item)
            ? item.then((settled) => complete(run, info, settled, itemPath))
            : complete(run, info, item, itemPath);
          const isLater = isPromise(one);
          waits ||= isLater;
          completed.push(isLater ? one.then(undefined, fail) : one);
        } catch (error) {
          completed.push(heard([completed, items], () => fail(error)));
        }
      }
      return waits ? Promise.all(completed) : completed;
    };
    return completeFrom(0);
  };
}

/** So many values take a few milliseconds at most; nobody who asks for fewer ever waits, or pays for a look at the clock. */
const VALUES_PER_LOOK = 1_000;

/** Whether the rest of a list has to wait for a later turn of the event loop; once it has, all lists of the run do. */
function isTimeUp(run: Run): boolean {
  if (run.values < VALUES_PER_LOOK) return false;
  if (run.pace.isUp()) return true;
  run.values = 0;
  return false;
}

/** What throws here ends the list: what is under way and what was still to come may fail too, and nobody would hear of it. */
function heard<T>(lists: readonly unknown[][], act: () => T): T {
  try {
    return act();
  } catch (error) {
    for (const items of lists) hear(items);
    throw error;
  }
}

function objectCompleter(plan: Plan, type: GraphQLObjectType, nodes: FieldNodes): Complete {
  let selection: Selection | null = null;
  return (run, info, value, path) => {
    selection ??= plan.select(type, nodes);
    const known = selection;
    if (!type.isTypeOf) return answerFields(run, known, value, path);
    return after(type.isTypeOf(value, run.context, info), (isOne) => {
      if (isOne) return answerFields(run, known, value, path);
      throw new GraphQLError(`Expected value of type "${type.name}" but got: ${String(value)}.`, { nodes });
    });
  };
}

function abstractCompleter(plan: Plan, type: GraphQLAbstractType, nodes: FieldNodes): Complete {
  const completers = new Map<unknown, Complete>();
  const resolveType = type.resolveType ?? defaultTypeResolver;
  return (run, info, value, path) =>
    after(resolveType(value, run.context, info, type), (name) => {
      let complete = completers.get(name);
      if (!complete) {
        complete = objectCompleter(plan, runtimeType(plan, type, name, info, nodes), nodes);
        completers.set(name, complete);
      }
      return complete(run, info, value, path);
    });
}

/** The object type that a resolved name stands for. */
function runtimeType(
  { schema }: Plan,
  type: GraphQLAbstractType,
  name: unknown,
  info: GraphQLResolveInfo,
  nodes: FieldNodes,
): GraphQLObjectType {
  const bad = (message: string) => new GraphQLError(message, { nodes });
  if (typeof name !== 'string')
    throw bad(
      `Abstract type "${type.name}" must resolve to an Object type at runtime for field "${info.parentType.name}.${info.fieldName}".`,
    );
  const runtime = schema.getType(name);
  if (!isObjectType(runtime))
    throw bad(`Abstract type "${type.name}" was resolved to "${name}", which is no object type of the schema.`);
  if (!schema.isSubType(type, runtime))
    throw bad(`Runtime Object type "${name}" is not a possible type for "${type.name}".`);
  return runtime;
}
