import { createServer } from 'node:net';
import { takeUpWaiting } from '../../http/drain.ts';
import { type Address, listen } from '../../http/server.ts';
import { StartRefused } from '../../words/refused.ts';
import type { Channel, Opened } from './channel.ts';
import { createHandover } from './handover.ts';

export interface Door {
  /** Opened for the first worker that can serve; from now on connections are handed to this one too. */
  open(worker: Channel): Promise<Opened>;
  leave(worker: Channel): void;
  /** Answers when all who came before are a worker's; who comes later is turned away. */
  close(): Promise<null>;
}

/** The one port of all workers. The parent holds it: who comes while none of them is there waits for the first that is back. */
export function createDoor(address: Address, closesWithinMs: number): Door {
  const handover = createHandover();
  const server = createServer({ pauseOnConnect: true, noDelay: true }, handover.take);
  let opened: Promise<Opened> | null = null;
  let closed: Promise<null> | null = null;

  const openHere = (): Promise<Opened> =>
    listen(server, address).then(
      (url) => ({ url }),
      (error: unknown) => {
        if (error instanceof StartRefused) return { refused: error.message };
        throw error;
      },
    );

  async function closeHere(): Promise<null> {
    const until = performance.now() + closesWithinMs;
    await takeUpWaiting(server, () => performance.now() >= until);
    server.close();
    await handover.allTaken();
    return null;
  }

  return {
    async open(worker) {
      opened ??= openHere();
      const answer = await opened;
      if (answer.url !== undefined) handover.join(worker);
      return answer;
    },
    leave: handover.leave,
    close() {
      closed ??= closeHere();
      return closed;
    },
  };
}
