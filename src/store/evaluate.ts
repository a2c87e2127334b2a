import type { Given } from './bell.ts';
import { type AnyCollection, type Change, type Doc, StoreConflict } from './store.ts';
import { type Writes, writesTo } from './telling.ts';
import type { View } from './view.ts';

export interface Evaluated {
  results: unknown[];
  /** Where it gave numbers. */
  given: Given[];
}

/** What a change is evaluated with. */
interface Scope {
  view: View;
  writes: Writes;
  now: string;
}

/** The one meaning of every change, whichever the engine: checks the condition, then writes through the view. */
export function evaluate(changes: readonly Change[], view: View, now: string): Evaluated {
  const scope: Scope = { view, writes: writesTo(view, now), now };
  const results = changes.map((change, at) => evaluateOne(change, at, scope));
  return { results, given: scope.writes.given };
}

function evaluateOne(change: Change, at: number, scope: Scope): unknown {
  const { view, writes } = scope;
  const refuse = (kind: StoreConflict['kind'], detail?: unknown): never => {
    throw new StoreConflict(kind, change, at, detail);
  };
  switch (change.type) {
    case 'insert':
      if (view.has(change.in, change.doc)) refuse('exists', change.doc.id);
      checkUnique(change.in, change.doc, view, refuse);
      return writes.insert(change.in, change.doc);
    case 'put': {
      const before = view.get(change.in, change.doc) ?? refuse('missing');
      if (before.version !== change.expected) refuse('version', before.version);
      if (keyOf(change.in, before) !== keyOf(change.in, change.doc)) checkUnique(change.in, change.doc, view, refuse);
      return writes.replace(change.in, change.doc, before);
    }
    case 'remove': {
      const before = view.get(change.in, change.key) ?? refuse('missing');
      if (change.expected !== undefined && before.version !== change.expected) refuse('version', before.version);
      return view.remove(change.in, before);
    }
    case 'exists': {
      const doc = view.get(change.in, change.key) ?? refuse('missing');
      if (change.expected !== undefined && doc.version !== change.expected) refuse('version', doc.version);
      return view.touch(change.in, doc);
    }
    case 'none': {
      const [id] = view.matching(change.in, change.query, 1);
      return id === undefined ? undefined : refuse('matched', id);
    }
    case 'atLeast': {
      const ids = view.matching(change.in, change.query, change.min);
      return ids.length < change.min ? refuse('unmatched') : undefined;
    }
    case 'atMost': {
      const ids = view.matching(change.in, change.query, change.max + 1);
      return ids.length > change.max ? refuse('matched') : undefined;
    }
    case 'apply':
      return applyRule(change, scope, refuse);
    case 'sweep':
      return view.sweep(change);
  }
}

type Refuse = (kind: StoreConflict['kind'], detail?: unknown) => never;

function checkUnique(from: AnyCollection, doc: Doc, view: View, refuse: Refuse): void {
  const unique = keyOf(from, doc);
  if (unique === null) return;
  const other = view.idOfUnique(from, doc.orgId, unique);
  if (other !== null && other !== doc.id) refuse('unique', other);
}

function keyOf(from: AnyCollection, doc: Doc): string | null {
  return from.unique?.(doc) ?? null;
}

function applyRule(change: Extract<Change, { type: 'apply' }>, { view, writes, now }: Scope, refuse: Refuse): unknown {
  const before = view.get(change.in, change.key);
  const answer = change.run(before, now);
  if ('refused' in answer) return refuse('refused', answer.refused);
  for (const one of answer.also ?? []) writes.insert(one.in, one.doc);
  if (answer.next === null) return undefined;
  if (!before && view.has(change.in, change.key)) return refuse('exists', change.key.id);
  const base = before ?? { ...change.key, version: 0, createdAt: now, createdBy: null };
  const next: Doc = { ...base, ...answer.next, version: base.version + 1, updatedAt: now };
  return before ? writes.replace(change.in, next, before) : writes.insert(change.in, next);
}
