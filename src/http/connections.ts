import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const NEWEST = Symbol('newest answer');
type Connection = Duplex & { [NEWEST]?: ServerResponse };

/** A request has come on its connection. The socket itself knows: a table of them all would be written to for each request. */
export function began(req: IncomingMessage, res: ServerResponse): void {
  (req.socket as Connection)[NEWEST] = res;
}

/** The answer to what has come last on a connection. */
export function newestOn(connection: Duplex): ServerResponse | undefined {
  return (connection as Connection)[NEWEST];
}

/** Once all that has come on a connection is answered, or the connection is gone. */
export async function answered(connection: Duplex): Promise<void> {
  const newest = newestOn(connection);
  if (newest && !newest.closed) await new Promise((resolve) => newest.once('close', resolve));
}

/**
 * Whether nothing has been sent on the connection after this request, as far as the next look at the sockets shows: an
 * answer may only end its connection when nothing else has been sent there.
 */
export async function isLast(req: IncomingMessage): Promise<boolean> {
  const { socket } = req;
  const { bytesRead } = socket;
  await nextLook();
  // A pipeline is paused while its answers wait to be written: what follows has not been read yet.
  return newestOn(socket)?.req === req && socket.bytesRead === bytesRead && !socket.isPaused();
}

/** The sockets are looked at between two turns of the event loop: this turn's end is before that, the next one's after. */
function nextLook(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
