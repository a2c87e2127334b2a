import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { createBuckets } from '../../http/rate-limit.ts';
import { StartRefused } from '../../words/refused.ts';
import type { Config } from '../setup/config.ts';
import { createBackOff } from './back-off.ts';
import { type Channel, openChannel } from './channel.ts';
import { createDoor } from './door.ts';
import { createFigures } from './figures.ts';
import { shareOf } from './shared-limits.ts';

interface Member {
  slot: number;
  worker: Worker;
  channel: Channel;
  begunMs: number;
  isReady: boolean;
}

/** Serves by several processes on one port until the signal, and starts again those that die. */
export async function serveByWorkers(stop: AbortSignal, config: Config, log: Logger): Promise<void> {
  cluster.setupPrimary({ serialization: 'advanced' });
  const { start, stopAll, ended } = createTeam(config, log);
  if (stop.aborted) process.exit(0);
  stop.addEventListener('abort', stopAll);
  start(1);
  const failure = await ended;
  if (failure) throw failure;
  process.exit(process.exitCode ?? 0);
}

function createTeam(config: Config, log: Logger) {
  const { WORKERS } = config;
  const members = new Map<number, Member>();
  const backOffs = new Map<number, ReturnType<typeof createBackOff>>();
  const opened = Promise.withResolvers<null>();
  const ended = Promise.withResolvers<StartRefused | null>();
  const figures = createFigures();
  const limits = createLimits(WORKERS);
  const door = createDoor(config, config.SHUTDOWN_SECONDS * 1000);
  let greeting: { url: string; text: string } | null = null;
  let isOpen = false;
  let failure: StartRefused | null = null;
  let isEnding = false;

  function start(slot: number): void {
    if (isEnding) return;
    const worker = cluster.fork();
    const channel: Channel = openChannel(
      worker,
      {
        replaces: () => isOpen,
        open: () => door.open(channel),
        close: door.close,
        ready: (told) => ready(slot, told),
        ...limits,
        figures: () =>
          figures.gather([...members.values()].filter((one) => one.isReady).map((one) => [one.slot, one.channel])),
      },
      () => worker.isConnected(),
    );
    members.set(slot, { slot, worker, channel, begunMs: performance.now(), isReady: false });
    worker.on('error', () => {});
    worker.once('exit', (code, signal) => left(slot, code, signal));
  }

  /** The first one makes what is made once (the demo, the first Admin, what the data need); the others begin behind it. */
  function ready(slot: number, told: { url: string; text: string }): Promise<null> {
    const member = members.get(slot);
    if (member) member.isReady = true;
    if (!greeting) {
      greeting = told;
      for (let other = 2; other <= WORKERS; other += 1) start(other);
    }
    if (!isOpen && members.size === WORKERS && [...members.values()].every((one) => one.isReady)) {
      isOpen = true;
      process.stdout.write(greeting.text);
      opened.resolve(null);
    }
    return opened.promise;
  }

  function left(slot: number, code: number, signal: string | null): void {
    const member = members.get(slot);
    if (!member) return;
    const { begunMs, channel } = member;
    members.delete(slot);
    door.leave(channel);
    void figures.left(slot);
    if (!isEnding && !isOpen) {
      // It has said why, where it could.
      if (signal) failure = new StartRefused(`a worker was ended by ${signal} before it served`);
      process.exitCode = 1;
      stopAll();
    }
    if (isEnding) return members.size === 0 ? ended.resolve(failure) : undefined;
    const backOff = backOffs.get(slot) ?? createBackOff();
    backOffs.set(slot, backOff);
    const waitMs = backOff(performance.now() - begunMs);
    log.warn({ worker: slot, code, signal, waitMs }, 'a worker has ended and is started again');
    setTimeout(start, waitMs, slot);
  }

  function stopAll(): void {
    isEnding = true;
    for (const { worker } of members.values()) worker.process.kill('SIGTERM');
    if (members.size === 0) ended.resolve(failure);
  }

  return { start, stopAll, ended: ended.promise };
}

/** One count for all workers. */
function createLimits(workers: number) {
  const buckets = createBuckets(() => performance.now());
  return {
    lease: ({ tokenId, limit }: { tokenId: string; limit: number }) =>
      buckets.draw(tokenId, limit, (there) => shareOf(there, workers)),
    giveBack: ({ tokenId, limit, count }: { tokenId: string; limit: number; count: number }) => {
      buckets.giveBack(tokenId, limit, count);
      return null;
    },
  };
}
