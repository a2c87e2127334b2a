import type { EventEmitter } from 'node:events';

/** Waits until `woken`, for at most `ms`; answers whether anybody still wants an answer later than now. */
export type Pause = (ms: number, woken: Promise<unknown>) => Promise<boolean>;

/** Nobody waits: what is asked is answered at once. */
export const noPause: Pause = async () => false;

/** What one request may wait in all. */
const WAIT_MAX_MS = 20_000;

export interface Pauses {
  /** How a request waits whose caller is gone when the socket closes. */
  of(socket: EventEmitter): Pause;
  /** Ends every wait: from now on nobody waits. */
  end(): void;
}

/** Requests that wait for something to come hold nothing meanwhile: `rest` is told when one begins, and its answer when it ends. */
export function createPauses(rest: () => () => void): Pauses {
  const waiting = new Set<() => void>();
  let isOver = false;
  return {
    of(socket) {
      let leftMs = WAIT_MAX_MS;
      return async (ms, woken) => {
        if (isOver || leftMs <= 0) return false;
        const begun = performance.now();
        const { promise, resolve } = Promise.withResolvers<boolean>();
        const leave = () => resolve(false);
        const late = setTimeout(resolve, Math.min(ms, leftMs), true);
        const goOn = rest();
        waiting.add(leave);
        socket.once('close', leave);
        try {
          return await Promise.race([promise, woken.then(() => true)]);
        } finally {
          leftMs -= performance.now() - begun;
          clearTimeout(late);
          socket.off('close', leave);
          waiting.delete(leave);
          goOn();
        }
      };
    },
    end() {
      isOver = true;
      for (const leave of waiting) leave();
    },
  };
}
