import type { Socket } from 'node:net';
import type { Channel } from './channel.ts';

/** Connections that wait while nobody serves; whoever comes then is turned away. */
const WAITING_MAX = 4_096;

export interface Handover {
  take(connection: Socket): void;
  join(worker: Channel): void;
  /** It has gone: what it has not said to have is another's. */
  leave(worker: Channel): void;
  /** Settled when every connection has been taken. */
  allTaken(): Promise<void>;
}

/**
 * Hands each connection to the next worker that is free. The parent lets go of a connection when the worker says that it has
 * it, not before: what was on its way to one that died goes to another. A worker is given one at a time, so that none waits
 * behind one that is busy.
 */
export function createHandover(): Handover {
  const waiting: Socket[] = [];
  const free: Channel[] = [];
  const given = new Map<Channel, Socket>();
  const gone = new WeakSet<Channel>();
  let taken = Promise.withResolvers<void>();

  function next(): void {
    while (waiting.length > 0 && free.length > 0) {
      const [worker, connection] = [free.shift(), waiting.shift()];
      if (worker && connection) give(worker, connection);
    }
    if (waiting.length > 0 || given.size > 0) return;
    taken.resolve();
    taken = Promise.withResolvers();
  }

  function give(worker: Channel, connection: Socket): void {
    given.set(worker, connection);
    void worker.ask('take', null, connection).then(() => {
      if (!given.delete(worker)) return;
      connection.destroy();
      free.push(worker);
      next();
    });
  }

  return {
    take(connection) {
      connection.on('error', () => {});
      if (waiting.length >= WAITING_MAX) return void connection.destroy();
      waiting.push(connection);
      next();
    },
    join(worker) {
      if (gone.has(worker)) return;
      free.push(worker);
      next();
    },
    leave(worker) {
      gone.add(worker);
      const at = free.indexOf(worker);
      if (at >= 0) free.splice(at, 1);
      const connection = given.get(worker);
      given.delete(worker);
      if (connection) waiting.unshift(connection);
      next();
    },
    async allTaken() {
      if (waiting.length > 0 || given.size > 0) await taken.promise;
    },
  };
}
