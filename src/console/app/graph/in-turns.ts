/** Rests so many times as long as the last turn took: what costs much is done the less often. */
const RESTS = 9;

export interface Turns {
  /** At once, or as soon as the turn that is under way has ended. */
  now: () => void;
  /** After the rest, once for all that wish it meanwhile. */
  soon: () => void;
  end: () => void;
}

/** One turn after the other, so that no older answer comes behind a newer one. */
export function inTurns(turn: () => Promise<unknown>): Turns {
  let isUnderWay = false;
  let wish: 'now' | 'soon' | null = null;
  let restsUntil = 0;
  let hasEnded = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = async () => {
    clearTimeout(timer);
    isUnderWay = true;
    wish = null;
    const begun = performance.now();
    await turn();
    restsUntil = performance.now() + RESTS * (performance.now() - begun);
    isUnderWay = false;
    next();
  };
  const next = () => {
    if (isUnderWay || hasEnded || wish === null) return;
    clearTimeout(timer);
    if (wish === 'now') void begin();
    else timer = setTimeout(begin, Math.max(0, restsUntil - performance.now()));
  };
  return {
    now: () => {
      wish = 'now';
      next();
    },
    soon: () => {
      wish ??= 'soon';
      next();
    },
    end: () => {
      hasEnded = true;
      clearTimeout(timer);
    },
  };
}
