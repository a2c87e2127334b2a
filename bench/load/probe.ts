import { Connection } from './connection.ts';
import { bytesOf, type Sent, type Target } from './requests.ts';
import { type Spread, spreadOf } from './tally.ts';

const EVERY_MS = 100;
const PATIENCE_MS = 5_000;

export interface Probed {
  /** Connections that were opened, one after the other. */
  opened: number;
  /** Of these, on which `/health/live` was answered. */
  live: number;
  /** From the wish to connect to that answer. */
  liveMs: Spread;
  /** Of the small reads behind it. */
  read: number;
  readRefused: number;
  readMs: Spread;
}

/** Somebody new every 100 ms, who asks whether the process is alive, then for one document, until it is stopped. */
export function startProbe(target: Target, read: Sent): () => Promise<Probed> {
  const port = Number(new URL(target.url).port);
  const live = bytesOf(target, { method: 'GET', path: '/health/live' });
  const small = bytesOf(target, read);
  const liveMs: number[] = [];
  const readMs: number[] = [];
  let readRefused = 0;
  const visits: Promise<void>[] = [];

  const visit = () =>
    new Promise<void>((resolve) => {
      const begin = performance.now();
      let askedAt = 0;
      const leave = (connection: Connection) => {
        clearTimeout(patience);
        connection.close();
        resolve();
      };
      const connection = new Connection(port, (self, status) => {
        if (status === 200 && askedAt === 0) {
          liveMs.push(performance.now() - begin);
          askedAt = performance.now();
          return self.send(small);
        }
        if (askedAt > 0 && status === 200) readMs.push(performance.now() - askedAt);
        if (askedAt > 0 && status === 503) readRefused += 1;
        leave(self);
      });
      const patience = setTimeout(leave, PATIENCE_MS, connection);
      connection.send(live);
    });
  const timer = setInterval(() => visits.push(visit()), EVERY_MS);
  return async () => {
    clearInterval(timer);
    await Promise.all(visits);
    return {
      opened: visits.length,
      live: liveMs.length,
      liveMs: spreadOf(liveMs),
      read: readMs.length,
      readRefused,
      readMs: spreadOf(readMs),
    };
  };
}
