import type { ServerResponse } from 'node:http';

/** An answer that goes on: server-sent events, as they come. */
export interface Outlet {
  write(frame: string): void;
  /** Ends it, behind a last frame. */
  end(frame?: string): void;
  /** Null where what was written has been taken (or nobody is there to take it), else a promise of that. */
  drained(): Promise<void> | null;
}

/** Begins to write; answers how to stop. */
export type Streaming = (outlet: Outlet) => () => void;

/** A place among the streams of a process, taken before anything is answered. */
export interface Claim {
  start(res: ServerResponse, stream: Streaming): void;
  /** Gives it back, where nothing is to be started. */
  release(): void;
}

export interface Streams {
  /** Null where the token, or the process, has as many as there may be. */
  claim(tokenId: string): Claim | null;
  /** Ends all of them; who comes back does so after so long. */
  endAll(retryMs: () => number): void;
}

export const STREAM_TYPE = 'text/event-stream; charset=utf-8';
/** Nothing on the way may keep it, nor gather what is written. */
export const STREAM_HEADERS = { 'Content-Type': STREAM_TYPE, 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };

const PER_TOKEN = 20;
const PER_PROCESS = 1_000;
const BUFFERED_MAX_BYTES = 1_048_576;
const HEARTBEAT_MS = 10_000;
const HEARTBEAT = ':\n\n';

/** One timer beats for all: a stream that is idle costs its socket. `opened` hears of each that begins (1) or has ended (-1). */
export function createStreams(
  opened: (change: 1 | -1) => void = () => {},
  { perToken = PER_TOKEN, perProcess = PER_PROCESS, heartbeatMs = HEARTBEAT_MS } = {},
): Streams {
  const taken = new Map<string, number>();
  const outlets = new Set<Outlet>();
  let count = 0;
  let heart: NodeJS.Timeout | null = null;

  const beat = () => {
    for (const outlet of outlets) outlet.write(HEARTBEAT);
  };
  const add = (outlet: Outlet) => {
    outlets.add(outlet);
    heart ??= setInterval(beat, heartbeatMs).unref();
    opened(1);
  };
  const remove = (outlet: Outlet) => {
    outlets.delete(outlet);
    opened(-1);
    if (outlets.size > 0 || heart === null) return;
    clearInterval(heart);
    heart = null;
  };

  return {
    claim(tokenId) {
      const own = taken.get(tokenId) ?? 0;
      if (own >= perToken || count >= perProcess) return null;
      taken.set(tokenId, own + 1);
      count += 1;
      const release = () => {
        count -= 1;
        const left = (taken.get(tokenId) ?? 0) - 1;
        if (left > 0) taken.set(tokenId, left);
        else taken.delete(tokenId);
      };
      return {
        release,
        start(res, stream) {
          const outlet = outletOf(res);
          add(outlet);
          outlet.write(HEARTBEAT);
          const stop = stream(outlet);
          res.once('close', () => {
            stop();
            remove(outlet);
            release();
          });
        },
      };
    },
    endAll(retryMs) {
      for (const outlet of outlets) outlet.end(`retry: ${retryMs()}\n\n`);
    },
  };
}

function outletOf(res: ServerResponse): Outlet {
  const isOver = () => res.writableEnded || res.destroyed;
  return {
    write(frame) {
      if (isOver()) return;
      // Who does not take what it is given is cut, and resumes behind what it has. One that waits for nothing is given
      // whatever comes: else an event that is larger would never be told.
      const waits = res.writableLength;
      if (waits > 0 && waits + Buffer.byteLength(frame) > BUFFERED_MAX_BYTES) res.destroy();
      else res.write(frame);
    },
    end(frame) {
      if (!isOver()) res.end(frame);
    },
    drained() {
      if (isOver() || !res.writableNeedDrain) return null;
      return new Promise((resolve) => {
        const done = () => {
          res.off('drain', done);
          res.off('close', done);
          resolve();
        };
        res.on('drain', done);
        res.on('close', done);
      });
    },
  };
}

/** One event; its data are one line of JSON. */
export function frame(data: unknown, { event, id }: { event?: string; id?: string } = {}): string {
  return `${event ? `event: ${event}\n` : ''}${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
}
