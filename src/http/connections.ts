import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Knows what has come on each connection: an answer may only end its connection when nothing else has been sent there. */
export interface Connections {
  came(req: IncomingMessage): void;
  /** Whether nothing has been sent on the connection after this request, as far as the next look at the sockets shows. */
  isLast(req: IncomingMessage): Promise<boolean>;
}

export function createConnections(): Connections {
  const newest = new WeakMap<Socket, IncomingMessage>();
  return {
    came(req) {
      newest.set(req.socket, req);
    },
    async isLast(req) {
      const { socket } = req;
      const { bytesRead } = socket;
      await nextLook();
      // A pipeline is paused while its answers wait to be written: what follows has not been read yet.
      return newest.get(socket) === req && socket.bytesRead === bytesRead && !socket.isPaused();
    },
  };
}

/** The sockets are looked at between two turns of the event loop: this turn's end is before that, the next one's after. */
function nextLook(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
