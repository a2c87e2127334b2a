import { afterMs, answerBy } from '../deadline.ts';

const CLOSE_MS = 2_000;

/** Waits for a client to close. One whose server does not answer, or whose connection broke while it was asked, may never say that it has: nobody waits longer. */
export async function closed(closing: Promise<unknown>): Promise<void> {
  await answerBy(afterMs(CLOSE_MS), closing).catch(() => {});
}
