import { snake } from '../words/naming.ts';
import type { Policy } from './facts.ts';
import {
  type Compiled,
  type Condition,
  compareRank,
  compile,
  DEMANDS,
  firstFailing,
  type MatchContext,
  TAG_CONDITIONS,
  TEXT_CONDITIONS,
} from './matching.ts';

/**
 * Policies filed under their rarest condition: a context meets only the lists of values that it has, so a decision
 * among ten thousand policies looks at a handful. Each list is in rank order.
 */
export interface MatchIndex<P extends Policy = Policy> {
  ranked: Compiled<P>[];
  /** By a condition's text (`tags.team=search`). */
  lists: Map<string, Compiled<P>[]>;
  /** Policies without any condition. */
  always: Compiled<P>[];
}

function keyOf(condition: Condition): string {
  return `${condition.field}=${condition.expected}`;
}

export function buildIndex<P extends Policy>(policies: readonly P[]): MatchIndex<P> {
  const ranked = policies.map(compile).sort(compareRank);
  const times = new Map<string, number>();
  const timesOf = (key: string) => times.get(key) ?? 0;
  for (const { conditions } of ranked) for (const key of conditions.map(keyOf)) times.set(key, timesOf(key) + 1);
  const index: MatchIndex<P> = { ranked, lists: new Map(), always: [] };
  for (const compiled of ranked) {
    const keys = compiled.conditions.map(keyOf);
    const rarest = keys.reduce<string | null>(
      (best, key) => (best === null || timesOf(key) < timesOf(best) ? key : best),
      null,
    );
    const list = rarest === null ? index.always : (index.lists.get(rarest) ?? []);
    if (rarest !== null) index.lists.set(rarest, list);
    list.push(compiled);
  }
  return index;
}

/** Every policy that matches, in rank order. */
export function allMatches<P extends Policy>(index: MatchIndex<P>, context: MatchContext): P[] {
  const found = candidateLists(index, context).flatMap((list) =>
    list.filter(({ conditions }) => !firstFailing(conditions, context)),
  );
  return found.sort(compareRank).map(({ policy }) => policy);
}

/** The matches one by one in rank order, looking no further than the caller does: a merge of the lists. */
export function* matchesInOrder<P extends Policy>(index: MatchIndex<P>, context: MatchContext): Generator<P> {
  const cursors = candidateLists(index, context).map((list) => ({ list, at: 0 }));
  for (;;) {
    let best: { cursor: Cursor<P>; first: Compiled<P> } | null = null;
    for (const cursor of cursors) {
      const first = firstMatch(cursor, context);
      if (first && (!best || compareRank(first, best.first) < 0)) best = { cursor, first };
    }
    if (!best) return;
    yield best.first.policy;
    best.cursor.at += 1;
  }
}

interface Cursor<P extends Policy> {
  list: Compiled<P>[];
  at: number;
}

/** Of what is left of a list; what does not match is passed over for good. */
function firstMatch<P extends Policy>(cursor: Cursor<P>, context: MatchContext): Compiled<P> | null {
  for (;;) {
    const first = cursor.list[cursor.at];
    if (!first || !firstFailing(first.conditions, context)) return first ?? null;
    cursor.at += 1;
  }
}

function candidateLists<P extends Policy>(index: MatchIndex<P>, context: MatchContext): Compiled<P>[][] {
  const lists = [index.always];
  for (const key of keysOf(context)) {
    const list = index.lists.get(key);
    if (list) lists.push(list);
  }
  return lists;
}

function keysOf(context: MatchContext): string[] {
  const keys: string[] = [];
  for (const name of TEXT_CONDITIONS) if (context[name] !== null) keys.push(`${snake(name)}=${context[name]}`);
  for (const name of DEMANDS) if (context[name]) keys.push(`${snake(name)}=true`);
  for (const name of TAG_CONDITIONS)
    for (const [key, value] of Object.entries(context[name] ?? {})) keys.push(`${snake(name)}.${key}=${value}`);
  return keys;
}
