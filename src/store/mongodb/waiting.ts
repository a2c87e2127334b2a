import { atDeadline, type Deadline, tooLate } from '../deadline.ts';
import type { Change, Committed } from '../store.ts';

/** A commit on its way. At its deadline whoever asked is answered, whatever it waits for. */
export interface Waiting {
  readonly changes: readonly Change[];
  /** Without a request behind it, a commit may wait for its turn as long as that takes, and has a time of its own then. */
  readonly deadline: Deadline | null;
  readonly committed: Promise<Committed>;
  /** Part of a group that is being written: it may happen. */
  isUnderWay: boolean;
  isSettled: boolean;
  resolve(committed: Committed): void;
  reject(error: unknown): void;
}

export function createWaiting(changes: readonly Change[], deadline: Deadline | null): Waiting {
  const { promise, resolve, reject } = Promise.withResolvers<Committed>();
  const onLate = () => waiting.reject(tooLate({ maybe: waiting.isUnderWay }));
  const callOff = deadline === null ? () => {} : atDeadline(deadline, onLate);
  const settle = () => {
    callOff();
    waiting.isSettled = true;
  };
  const waiting: Waiting = {
    changes,
    deadline,
    committed: promise,
    isUnderWay: false,
    isSettled: false,
    resolve(committed) {
      settle();
      resolve(committed);
    },
    reject(error) {
      settle();
      reject(error);
    },
  };
  return waiting;
}
