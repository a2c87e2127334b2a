/** How long a request may have waited for its turn of the event loop once the server is overloaded. */
const TARGET_MS = 100;
/** How long turns must have been longer than that before anything is refused: a burst is served, however large. */
const INTERVAL_MS = 500;
/** Requests waiting for the store at once. */
const IN_FLIGHT_MAX = 1_024;

export interface Pressure {
  readonly inFlight: number;
  /** A request has come: whether the server is too busy for it. */
  enter(): { refused: boolean };
  leave(): void;
}

/**
 * Sheds load as CoDel does a queue's. What waits for this process waits in its sockets; one turn of the event loop takes
 * up all that can be read by then. Turns longer than the target over a whole interval mean that more comes than can be
 * answered: from then on each turn answers the first so many milliseconds' worth and refuses the rest, which costs
 * next to nothing, so that what is admitted is answered soon instead of everything late.
 */
export function createPressure(now: () => number = () => performance.now()): Pressure {
  let inFlight = 0;
  let turnBegan: number | null = null;
  let turnEnded = now();
  let lastCalm = turnEnded;
  const endTurn = () => {
    turnEnded = now();
    if (turnBegan !== null && turnEnded - turnBegan <= TARGET_MS) lastCalm = turnEnded;
    turnBegan = null;
  };
  return {
    get inFlight() {
      return inFlight;
    },
    enter() {
      inFlight += 1;
      const at = now();
      if (turnBegan === null) {
        // While nothing came, nobody waited.
        if (at - turnEnded > TARGET_MS) lastCalm = at;
        turnBegan = at;
        setImmediate(endTurn);
      }
      const overloaded = at - lastCalm > INTERVAL_MS && at - turnBegan > TARGET_MS;
      return { refused: overloaded || inFlight > IN_FLIGHT_MAX };
    },
    leave() {
      inFlight -= 1;
    },
  };
}
