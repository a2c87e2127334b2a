import type { Change, Collection, Doc, Key, Ruled } from './store.ts';

/** How a hot document changes: a pure rule over it, run inside the commit by either engine, as often as it takes. */
export interface Rule<D extends Doc, I> {
  over: Collection<D>;
  run: (doc: D | null, input: I, now: string) => Ruled<D>;
}

export function defineRule<D extends Doc, I>(over: Collection<D>, run: Rule<D, I>['run']): Rule<D, I> {
  return { over, run };
}

/** The change that runs the rule over one document of its collection; absent, the rule is given null. */
export function apply<D extends Doc, I>(rule: Rule<D, I>, key: Key, input: NoInfer<I>): Change {
  // The engine reads the document from the rule's own collection.
  return { type: 'apply', in: rule.over, key, run: (doc, now) => rule.run(doc as D | null, input, now) };
}
