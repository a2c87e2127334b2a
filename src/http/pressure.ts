/** How long others are refused, then those who were let in answered, before the sockets are looked at again. */
const TURN_MS = 2;
/** A request has 500 ms; what would wait longer than this, and as long again while others are refused, is not answered within them. */
const WAIT_MAX_MS = 250;
/** So few that wait are no overload, however long each of them takes: callers in a closed loop, not a growing queue. */
const WAITING_MIN = 64;
/** Requests that have begun, and wait for the store. */
const BEGUN_MAX = 1_024;
/** All requests that have come and not ended: what they hold has an end, however fast they are answered. */
const IN_FLIGHT_MAX = 8_192;
/** After so long the pace counts for half of what it did. */
const HALF_LIFE_MS = 400;
/** A pace that was measured for a shorter time tells nothing: nobody is refused by it. */
const MEASURED_MIN_MS = 35;
/** So many of those who wait look each turn whether it is theirs: more are never begun in one. */
const LOOKS_MAX = 256;

/** Begins a request, and says when it has ended. */
type Start = (refused: boolean, onEnd: () => void) => void;

export interface Pressure {
  /** Requests that have not ended. */
  readonly inFlight: number;
  /** Starts a request when its turn has come, or soon as one that is refused. */
  enter(start: Start): void;
  /** Starts what never waits and is never refused. */
  pass(start: Start): void;
  /** A connection was accepted, of which each look at the sockets accepts one: the next look comes at once. */
  meet(): void;
  /** A request waits for something else than its turn: until it goes on it is no load. */
  rest(): () => void;
}

/**
 * Keeps the queue where it can be seen. What waits for a busy process usually waits in its sockets, where nobody knows
 * how much there is; so the sockets are looked at every few milliseconds, and what they hold waits here, in its order.
 * Then a newcomer's wait is known after the look that has found it, as so many before it at the pace of the last turns:
 * it is let in if it can be answered in time, and told if not. Whoever was let in is answered.
 */
export function createPressure(
  now: () => number = () => performance.now(),
  later: (work: () => void) => void = setImmediate,
): Pressure {
  let inFlight = 0;
  let resting = 0;
  /** Let in are the first of them; the others have come since the last turn began. */
  const waiting: Start[] = [];
  let letIn = 0;
  const refused: Start[] = [];
  let looks = 0;
  let hasMet = false;
  let isTurning = false;
  let turnBegan = 0;
  let worksUntil = 0;
  let begun = 0;
  let pace = { ms: 0, requests: 0 };

  const onEnd = () => {
    inFlight -= 1;
  };
  const begin = (start: Start) => {
    begun += 1;
    start(false, onEnd);
  };
  const hasTime = () => begun === 0 || now() < worksUntil;
  /** As many as wait look once a turn whether there is time left for the first of them. */
  const look = () => {
    if (hasTime()) {
      const first = waiting.shift();
      letIn = Math.max(0, letIn - 1);
      if (first && isFull()) first(true, onEnd);
      else if (first) begin(first);
    }
    if (looks <= waiting.length) later(look);
    else looks -= 1;
  };
  const startTurn = () => {
    begun = 0;
    decide();
    const ms = hasMet ? 0 : TURN_MS;
    hasMet = false;
    refuse(ms);
    // What refusing took is not counted: those who are let in instead take none of it, and each refusal would make the next one likelier.
    turnBegan = now();
    worksUntil = turnBegan + ms;
    later(endTurn);
  };
  const endTurn = () => {
    isTurning = waiting.length > 0 || refused.length > 0;
    // Only a turn that leaves something waiting was all work; what calm turns last says nothing.
    if (!isTurning) {
      pace = { ms: 0, requests: 0 };
      return;
    }
    const ms = now() - turnBegan;
    const kept = 0.5 ** (ms / HALF_LIFE_MS);
    pace = { ms: pace.ms * kept + ms, requests: pace.requests * kept + begun };
    startTurn();
  };
  const decide = () => {
    if (pace.ms < MEASURED_MIN_MS) return;
    const inTime = Math.max(WAITING_MIN, Math.floor((WAIT_MAX_MS * pace.requests) / pace.ms));
    letIn = Math.max(letIn, Math.min(waiting.length, inTime));
    refused.push(...waiting.splice(letIn));
  };
  /** One of them at least. */
  const refuse = (ms: number) => {
    const until = now() + ms;
    for (let first = refused.shift(); first; first = now() < until ? refused.shift() : undefined) first(true, onEnd);
  };
  const isFull = () => inFlight - resting - waiting.length - refused.length > BEGUN_MAX;

  return {
    get inFlight() {
      return inFlight;
    },
    enter(start) {
      inFlight += 1;
      if (isFull() || inFlight - resting > IN_FLIGHT_MAX) return start(true, onEnd);
      if (!isTurning) startTurn();
      isTurning = true;
      // The first of a turn is answered at once; who comes with it is read before, and all of them are answered together.
      if (waiting.length === 0 && begun === 0) return begin(start);
      waiting.push(start);
      if (looks >= LOOKS_MAX) return;
      looks += 1;
      later(look);
    },
    pass(start) {
      inFlight += 1;
      start(false, onEnd);
    },
    meet() {
      hasMet = true;
    },
    rest() {
      resting += 1;
      return () => {
        resting -= 1;
      };
    },
  };
}
