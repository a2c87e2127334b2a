import { type GraphQLError, locatedError } from 'graphql';
import type { FieldNodes, Path, Run } from './plan.ts';
import { isPromise } from './promise.ts';

/** What an error costs, with its stack and its places, counted in values. */
const VALUES_PER_ERROR = 50;

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

/** A rejection that comes while nobody listens yet would end the process. */
export function hear(items: Iterable<unknown>): void {
  for (const item of items) if (isPromise(item)) item.then(undefined, () => {});
}

function keysOf(path: Path): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at: Path | undefined = path; at; at = at.prev) keys.push(at.key);
  return keys.reverse();
}
