import { StoreUnavailable } from './unavailable.ts';

/** By when whoever asks must have an answer: milliseconds of the monotonic clock. */
export type Deadline = number;

/** What a request may take from its arrival, and what is asked without a request may take. */
export const REQUEST_MS = 5_000;
/** What one step of a copy or of a restore may take: nobody waits for it, and a batch is large. */
export const BATCH_MS = 60_000;

export function afterMs(ms: number): Deadline {
  return performance.now() + ms;
}

export function msLeft(deadline: Deadline): number {
  return deadline - performance.now();
}

/** Runs `onLate` at the deadline unless it is called off before. */
export function atDeadline(deadline: Deadline, onLate: () => void): () => void {
  const timer = setTimeout(onLate, Math.max(0, msLeft(deadline)));
  return () => clearTimeout(timer);
}

/** The answer, or `StoreUnavailable` at the deadline, whatever becomes of the answer then. */
export function answerBy<T>(deadline: Deadline, pending: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = atDeadline(deadline, () => reject(tooLate()));
    pending.then(resolve, reject).finally(callOff);
  });
}

export function tooLate(options: { maybe?: boolean } = {}): StoreUnavailable {
  return new StoreUnavailable('the store did not answer in time', options);
}
