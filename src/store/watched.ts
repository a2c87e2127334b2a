import type { Change } from './store.ts';

const CONDITIONS: readonly Change['type'][] = ['exists', 'none', 'atLeast', 'atMost'];

/** Whether a commit writes what `changes` tells of. */
export function isWatched(changes: readonly Change[]): boolean {
  return changes.some((change) => change.in.watched && !CONDITIONS.includes(change.type));
}
