import { createEffort } from './effort.ts';

/** Answers are begun for as long as all else took in the turn before, but for the first at least, and the second at most. */
const ANSWERS_MS = [2, 10] as const;
/** Of the turn before, how long others are refused: with what that takes before and afterwards it is half of the time. */
const REFUSING = 0.15;
/** What turns leave of it to the next ones: where somebody has connected all but one have to wait. */
const OWED_MAX_MS = 20;
/** Where a refusal costs more than this part of an answer, those who would be answered instead pay for it: they hear it later. */
const DEAR = 0.4;
const REFUSING_WHERE_DEAR = 0.04;
/** A request has 500 ms: nobody is refused who can be answered within these. */
const WAIT_MAX_MS = 470;
/** While others are refused, of the time that they leave. */
const RUSH_WAIT_MAX_MS = 300;
/** Less than this part of the time goes to refusals: some after a pause are no rush. */
const RUSH = 0.02;
/** So few that wait are no overload, however long each of them takes: callers in a closed loop, not a growing queue. */
const WAITING_MIN = 64;
/** Requests that have begun, and wait for the store. */
const BEGUN_MAX = 1_024;
/** All requests that have come and not ended: what they hold has an end, however fast they are answered. */
const IN_FLIGHT_MAX = 8_192;
/** So many of those who wait look each turn whether it is theirs: more are never begun in one. */
const LOOKS_MAX = 256;

/** Begins a request, and says when it has ended. */
type Start = (refused: boolean, onEnd: () => void) => void;

interface Waiting {
  start: Start;
  /** When it has come. */
  at: number;
}

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
 * Then a newcomer's wait is known after the look that has found it: all who were let in before it and have not ended,
 * times what an answer costs. It is let in if it can be answered in time, and told if not. Whoever was let in is answered.
 */
export function createPressure(
  now: () => number = () => performance.now(),
  later: (work: () => void) => void = setImmediate,
  idle: () => number = () => performance.nodeTiming.idleTime,
): Pressure {
  const effort = createEffort(now, idle);
  let inFlight = 0;
  let resting = 0;
  /** Let in are the first of them; the others have come since the last turn began. */
  const waiting: Waiting[] = [];
  let letIn = 0;
  const refused: Waiting[] = [];
  let looks = 0;
  let hasMet = false;
  let isTurning = false;
  /** In this turn. */
  let begun = 0;
  let worksUntil = 0;
  /** How long others may still be refused. */
  let owedMs = 0;

  /** Those that have come, and neither ended nor will be refused. */
  const load = () => inFlight - resting - refused.length;
  const isFull = () => load() - waiting.length >= BEGUN_MAX;
  const onGone = () => {
    inFlight -= 1;
  };
  const onEnd = () => {
    inFlight -= 1;
    effort.ended();
  };
  const begin = ({ start }: Waiting) => {
    begun += 1;
    const since = now();
    start(false, onEnd);
    effort.began(since);
  };
  const take = (first: Waiting) => {
    waiting.shift();
    letIn = Math.max(0, letIn - 1);
    return first;
  };
  const hasTime = () => begun === 0 || now() < worksUntil;
  /** As many as wait look once a turn whether there is time left for the first of them. */
  const look = () => {
    const first = hasTime() ? waiting[0] : undefined;
    if (first && !isFull()) begin(take(first));
    else if (first && now() - first.at > WAIT_MAX_MS) refused.push(take(first));
    if (looks <= waiting.length) later(look);
    else looks -= 1;
  };
  const startTurn = () => {
    const lastMs = effort.turn(load() >= WAITING_MIN);
    decide();
    const since = now();
    owedMs = Math.min(OWED_MAX_MS, owedMs + lastMs * refusing());
    refuse(hasMet ? 0 : owedMs);
    owedMs = refused.length > 0 ? Math.max(0, owedMs - (now() - since)) : 0;
    const [min, max] = ANSWERS_MS;
    const ms = hasMet ? 0 : Math.min(max, Math.max(min, lastMs / 2));
    hasMet = false;
    begun = 0;
    // The ends of those who have been refused come first, and take as long again.
    worksUntil = 2 * now() - since + ms;
    later(endTurn);
  };
  const endTurn = () => {
    isTurning = waiting.length > 0 || refused.length > 0;
    if (isTurning) startTurn();
  };
  const decide = () => {
    const answerMs = effort.answerMs();
    const share = effort.refusing();
    const ms = share < RUSH ? WAIT_MAX_MS : RUSH_WAIT_MAX_MS * (1 - share);
    const inTime = answerMs > 0 ? Math.max(WAITING_MIN, Math.floor(ms / answerMs)) : Number.POSITIVE_INFINITY;
    const begunBefore = load() - waiting.length;
    letIn = Math.max(letIn, Math.min(waiting.length, inTime - begunBefore));
    refused.push(...waiting.splice(letIn));
  };
  const refusing = () => (effort.refusalMs() > effort.answerMs() * DEAR ? REFUSING_WHERE_DEAR : REFUSING);
  /** One of them at least. */
  const refuse = (ms: number) => {
    const since = now();
    let told = 0;
    for (let first = refused.shift(); first; first = now() - since < ms ? refused.shift() : undefined) {
      first.start(true, onGone);
      told += 1;
    }
    effort.refused(told, since);
  };

  return {
    get inFlight() {
      return inFlight;
    },
    enter(start) {
      if (!isTurning) startTurn();
      isTurning = true;
      const newcomer = { start, at: effort.came() };
      const isRefused = isFull();
      inFlight += 1;
      if (isRefused || inFlight - resting > IN_FLIGHT_MAX) refused.push(newcomer);
      // The first of a turn is answered at once; who comes with it is read before, and all of them are answered together.
      else if (waiting.length === 0 && begun === 0) return begin(newcomer);
      else waiting.push(newcomer);
      if (inFlight - resting > IN_FLIGHT_MAX) refuse(0);
      if (looks >= LOOKS_MAX) return;
      looks += 1;
      later(look);
    },
    pass(start) {
      inFlight += 1;
      start(false, onGone);
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
