import { atDeadline, type Deadline, tooLate } from '../deadline.ts';
import { type Change, type Committed, orgsNamed } from '../store.ts';

/** A commit on its way. At its deadline whoever asked is answered, whatever it waits for. */
export interface Waiting {
  readonly changes: readonly Change[];
  /** The organization that it belongs to; `''` for what belongs to none. */
  readonly orgId: string;
  readonly committed: Promise<Committed>;
  /** Without a request behind it, a commit may wait for its turn as long as that takes, and has a time of its own then. */
  until: Deadline;
  /** Whether what it takes is looked up first. */
  isSure: boolean;
  /** Part of a group that is being written: it may happen. */
  isUnderWay: boolean;
  isSettled: boolean;
  /** It is its turn. */
  begin(ownTime: () => Deadline): void;
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
    orgId: orgIn(changes),
    committed: promise,
    until: deadline ?? 0,
    isSure: false,
    isUnderWay: false,
    isSettled: false,
    begin(ownTime) {
      waiting.isUnderWay = true;
      waiting.until ||= ownTime();
    },
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

/** Most commits are of one organization; what belongs to none goes with it. */
function orgIn(changes: readonly Change[]): string {
  return changes.flatMap(orgsNamed).find((orgId) => orgId !== '') ?? '';
}
