import { type Deadline, msLeft, tooLate } from '../deadline.ts';
import type { Change, Committed } from '../store.ts';

/** A commit in the queue. */
export interface Waiting {
  changes: readonly Change[];
  deadline: Deadline;
  resolve: (committed: Committed) => void;
  reject: (error: unknown) => void;
}

/** Answers whoever's time is up; a commit that waits has not happened. */
export function isInTime({ deadline, reject }: Waiting): boolean {
  const isLate = msLeft(deadline) <= 0;
  if (isLate) reject(tooLate());
  return !isLate;
}
