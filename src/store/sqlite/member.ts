import type { DatabaseSync } from 'node:sqlite';
import type { Bell } from '../bell.ts';
import type { Evaluated } from '../evaluate.ts';
import type { Change } from '../store.ts';
import type { Draft } from './draft.ts';
import { isSqlite } from './errors.ts';
import type { Waiting } from './waiting.ts';

/** What the members of a group are made with. */
export interface Making {
  evaluate: (changes: readonly Change[]) => Evaluated;
  /** Rings for the numbers that a commit has given. */
  numbers: Bell;
}

/** A member was refused after it had written: the group is undone, and made again with a savepoint for each. */
export class Undone extends Error {}

/**
 * One member of a group; answers how to settle it once the group is on disk. Most that are refused have not written yet,
 * and need no savepoint: at each of these SQLite writes out what it has gathered for the search.
 */
export function runMember(member: Waiting, making: Making, writes: () => number): () => void {
  const before = writes();
  const { settle, isRefused } = attempt(member, making);
  if (isRefused && writes() !== before) throw new Undone();
  return settle;
}

/** The same under a savepoint of its own. */
export function runMemberApart(db: DatabaseSync, member: Waiting, making: Making, draft: Draft): () => void {
  db.exec('SAVEPOINT member');
  const { settle, isRefused } = attempt(member, making);
  if (isRefused) draft.clear();
  else draft.settleAll();
  db.exec(isRefused ? 'ROLLBACK TO member; RELEASE member' : 'RELEASE member');
  return settle;
}

/** What SQLite itself throws says nothing of the member, and ends the group. */
function attempt({ changes, resolve, reject }: Waiting, { evaluate, numbers }: Making) {
  try {
    const { results, given } = evaluate(changes);
    const settle = () => {
      resolve({ results });
      numbers.ring(given);
    };
    return { settle, isRefused: false };
  } catch (error) {
    if (isSqlite(error)) throw error;
    return { settle: () => reject(error), isRefused: true };
  }
}
