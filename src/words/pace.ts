/** What work that can be put off takes of one turn of the event loop, that of all requests together. */
const TURN_MS = 10;

/**
 * Shares the event loop: who has much to do asks now and then whether this turn's time is up, and goes on in a later one.
 * Those who wait go on in their order, as many in a turn as it has time for; everybody else is served in between.
 */
export interface Pace {
  isUp(): boolean;
  later(): Promise<void>;
}

export function createPace(
  now: () => number = () => performance.now(),
  nextTurn: (work: () => void) => void = setImmediate,
): Pace {
  const waiting: (() => void)[] = [];
  let began = 0;
  /** Whether this turn's time is counted: who asks first begins it. */
  let isTurning = false;
  const begin = () => {
    isTurning = true;
    began = now();
    nextTurn(end);
  };
  const end = () => {
    isTurning = false;
    if (waiting.length === 0) return;
    begin();
    goOn();
  };
  const hasTime = () => now() - began < TURN_MS;
  const goOn = () => {
    waiting.shift()?.();
    // Behind all that it does in this turn: promises are settled before the next tick.
    if (waiting.length > 0) queueMicrotask(() => process.nextTick(() => hasTime() && goOn()));
  };
  return {
    isUp() {
      if (!isTurning) begin();
      return !hasTime();
    },
    later() {
      if (!isTurning) begin();
      return new Promise((resolve) => void waiting.push(resolve));
    },
  };
}

/** Work that says after each of its steps that it can be put off; it is done at once where there is time. */
export function inTurns<T>(work: Pick<Generator<void, T>, 'next'>, { isUp, later }: Pace): T | Promise<T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (isUp()) return later().then(() => inTurns(work, { isUp, later }));
  }
}

/** The process's own. */
export const pace = createPace();
