/** After so long what was measured counts for half of what it did. */
const HALF_LIFE_MS = 400;
/** Before answers have taken so long it is too early to tell. */
const MEASURED_MIN_MS = 150;
/** What Node puts off until a refusal has been made, the end of its answer above all, takes as long again. */
const REFUSED_AND_ENDED = 2;

/** What a process did in a time in which it had much to do. */
interface Done {
  /** Without what it was idle. */
  ms: number;
  came: number;
  ended: number;
  refused: number;
  refusingMs: number;
  /** Requests that were read one right after the other, and how long these took. */
  reads: number;
  readingMs: number;
  begun: number;
  beginningMs: number;
}

const nothing = (): Done => ({
  ms: 0,
  came: 0,
  ended: 0,
  refused: 0,
  refusingMs: 0,
  reads: 0,
  readingMs: 0,
  begun: 0,
  beginningMs: 0,
});

export interface Effort {
  /** A request has been read: now. */
  came(): number;
  /** A request has been begun since then. */
  began(since: number): void;
  /** So many have been refused since then. */
  refused(requests: number, since: number): void;
  /** Somebody has been answered. */
  ended(): void;
  /** A turn begins. Answers how long the last one took, which counts if there was much to do before it and after it. */
  turn(isBusy: boolean): number;
  /** What an answer costs, in milliseconds; 0 while nobody knows. */
  answerMs(): number;
  /** What a refusal costs. */
  refusalMs(): number;
  /** Of all that is done, what is done for those who are refused. */
  refusing(): number;
}

/**
 * What an answer costs a process: all that it does but for refusing, so the store's part counts, and pauses of the garbage
 * collector, and what other processes take of the processor. What has been read or begun and not ended is left out, or a
 * growing queue would make each answer look dearer: to read and to begin a request are measured by themselves.
 */
export function createEffort(now: () => number, idle: () => number): Effort {
  let all = nothing();
  let last = nothing();
  let wasBusy = false;
  let isKnown = false;
  let began = 0;
  /** When the request before was read; of the first one that a look at the sockets finds nobody knows. */
  let readAt = Number.NaN;

  const readMs = () => (all.reads > 0 ? all.readingMs / all.reads : 0);
  const beginMs = () => (all.begun > 0 ? all.beginningMs / all.begun : 0);
  /** What is left when requests have been read and begun: the store's part and their ends. */
  const restMs = () => Math.max(0, all.ms - all.refusingMs - all.came * readMs() - all.beginningMs);
  const answerMs = () => restMs() / all.ended + readMs() + beginMs();
  return {
    came() {
      const at = now();
      last.came += 1;
      if (at >= readAt) {
        last.reads += 1;
        last.readingMs += at - readAt;
      }
      readAt = at;
      return at;
    },
    began(since) {
      last.begun += 1;
      last.beginningMs += now() - since;
      readAt = Number.NaN;
    },
    refused(requests, since) {
      last.refused += requests;
      last.refusingMs += (now() - since) * REFUSED_AND_ENDED;
      readAt = Number.NaN;
    },
    ended() {
      last.ended += 1;
    },
    turn(isBusy) {
      const at = now() - idle();
      last.ms = at - began;
      const { ms } = last;
      if (!isBusy) all = nothing();
      else if (wasBusy) all = sum(all, 0.5 ** (ms / HALF_LIFE_MS), last);
      isKnown = isBusy && (isKnown || all.ended * answerMs() > MEASURED_MIN_MS);
      last = nothing();
      wasBusy = isBusy;
      began = at;
      readAt = Number.NaN;
      return ms;
    },
    answerMs: () => (isKnown ? answerMs() : 0),
    refusalMs: () => (all.refused > 0 ? all.refusingMs / all.refused + readMs() : 0),
    refusing: () => (all.ms > 0 ? Math.min(1, (all.refusingMs + all.refused * readMs()) / all.ms) : 0),
  };
}

const sum = (before: Done, kept: number, last: Done): Done => ({
  ms: before.ms * kept + last.ms,
  came: before.came * kept + last.came,
  ended: before.ended * kept + last.ended,
  refused: before.refused * kept + last.refused,
  refusingMs: before.refusingMs * kept + last.refusingMs,
  reads: before.reads * kept + last.reads,
  readingMs: before.readingMs * kept + last.readingMs,
  begun: before.begun * kept + last.begun,
  beginningMs: before.beginningMs * kept + last.beginningMs,
});
