import type { MongoClient } from 'mongodb';
import { afterMs, answerBy } from '../deadline.ts';

const CLOSE_MS = 2_000;

/** Lets go of a client. One whose server does not answer, or whose connection broke while it was asked, may never say that it is closed: nobody waits for it. */
export async function closeClient(client: Pick<MongoClient, 'close'>): Promise<void> {
  await answerBy(afterMs(CLOSE_MS), client.close()).catch(() => {});
}
