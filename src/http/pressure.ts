/** How long requests are begun before the sockets are looked at again: newcomers wait no longer for their refusal. */
const TURN_MS = 10;
/** A request has 500 ms; what would wait longer than this for its turn is not sure to be answered within them. */
const WAIT_MAX_MS = 250;
/** So few that wait are no overload, however long each of them takes: callers in a closed loop, not a growing queue. */
const WAITING_MIN = 64;
/** Requests that wait for their turn or for the store at once. */
const IN_FLIGHT_MAX = 1_024;
/** What the pace of the last turns counts for in the next one. */
const MEMORY = 0.9;

/** Begins a request, and says when it has ended. */
type Start = (refused: boolean, onEnd: () => void) => void;

export interface Pressure {
  /** Requests that have not ended. */
  readonly inFlight: number;
  /** Starts a request when its turn has come, or at once as one that is refused. */
  enter(start: Start): void;
  /** Starts what never waits and is never refused. */
  pass(start: Start): void;
  /** A request waits for something else than its turn: until it goes on it is no load. */
  rest(): () => void;
}

/**
 * Keeps the queue where it can be seen. What waits for a busy process usually waits in its sockets, where nobody knows
 * how much there is; so the sockets are looked at every few milliseconds, and what they hold waits here, in its order.
 * Then a newcomer's wait is known when it comes, as so many before it at the pace of the last turns: it is let in if it
 * can be answered in time, and told at once if not. Whoever was let in is answered.
 */
export function createPressure(
  now: () => number = () => performance.now(),
  later: (work: () => void) => void = setImmediate,
): Pressure {
  let inFlight = 0;
  let resting = 0;
  const waiting: Start[] = [];
  let isTurning = false;
  let turnBegan = 0;
  let begun = 0;
  let pace = { ms: 0, requests: 0 };

  const onEnd = () => {
    inFlight -= 1;
  };
  const hasTime = () => now() - turnBegan < TURN_MS;
  const begin = (start: Start) => {
    begun += 1;
    start(false, onEnd);
  };
  /** Each that waits looks once a turn whether it is the first of the queue that has time left. */
  const look = () => {
    if (!hasTime()) return later(look);
    const first = waiting.shift();
    if (first) begin(first);
  };
  const startTurn = () => {
    turnBegan = now();
    begun = 0;
    later(endTurn);
  };
  const endTurn = () => {
    isTurning = waiting.length > 0;
    // Only a turn that leaves something waiting was all work; what calm turns last says nothing.
    pace = isTurning
      ? { ms: pace.ms * MEMORY + now() - turnBegan, requests: pace.requests * MEMORY + begun }
      : { ms: 0, requests: 0 };
    if (isTurning) startTurn();
  };
  const isTooMuch = () =>
    inFlight - resting > IN_FLIGHT_MAX ||
    (waiting.length >= WAITING_MIN && waiting.length * pace.ms > WAIT_MAX_MS * pace.requests);

  return {
    get inFlight() {
      return inFlight;
    },
    enter(start) {
      inFlight += 1;
      if (isTooMuch()) return start(true, onEnd);
      if (!isTurning) startTurn();
      isTurning = true;
      if (waiting.length === 0 && hasTime()) return begin(start);
      waiting.push(start);
      later(look);
    },
    pass(start) {
      inFlight += 1;
      start(false, onEnd);
    },
    rest() {
      resting += 1;
      return () => {
        resting -= 1;
      };
    },
  };
}
