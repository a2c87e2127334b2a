import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Registry } from '@prometheus-io/client';
import type { RateLimiter } from '../../http/rate-limit.ts';
import { begin, take } from '../../http/server.ts';
import { StartRefused } from '../../words/refused.ts';
import type { Snapshot } from '../observe/metrics.ts';
import type { Config } from '../setup/config.ts';
import { openChannel } from './channel.ts';
import { createSharedLimiter } from './shared-limits.ts';

/** What a worker has from its parent. */
export interface Team {
  limiter: RateLimiter;
  /** The server is given what comes to the port of all; answers its address. */
  listen(server: Server): Promise<string>;
  /** Settled when it has been given the last. */
  close(): Promise<unknown>;
  /** Whether all workers have served. */
  isReady(): boolean;
  /** The parent says so when all are ready. */
  ready(url: string, text: string): void;
  /** What all have counted together. */
  figures(own: Registry): () => Promise<string>;
  /** Nothing holds this process any more. */
  leave(): void;
}

export function joinTeam({ RATE_LIMIT_PER_MINUTE }: Pick<Config, 'RATE_LIMIT_PER_MINUTE'>): Team {
  let isOpen = false;
  let registry: Registry | null = null;
  let served: Server | null = null;
  const snapshot = async (): Promise<Snapshot> => (await registry?.getMetricsAsJSON()) ?? [];
  const parent = openChannel(process, { snapshot, take: taken }, () => process.connected);
  function taken(_: null, connection?: Socket): null {
    if (served && connection) take(served, connection);
    return null;
  }
  return {
    async listen(server) {
      served = server;
      begin(server);
      // Before it is given any: who waits for the first that is back may ask whether it is ready.
      isOpen = await parent.ask('replaces', null);
      const { url, refused } = await parent.ask('open', null);
      if (url === undefined) throw new StartRefused(refused);
      return url;
    },
    close: () => parent.ask('close', null),
    limiter: createSharedLimiter(RATE_LIMIT_PER_MINUTE, parent),
    isReady: () => isOpen,
    ready(url, text) {
      void parent.ask('ready', { url, text }).then(() => {
        isOpen = true;
      });
    },
    figures(own) {
      registry = own;
      return () => parent.ask('figures', null);
    },
    leave: () => process.disconnect?.(),
  };
}
