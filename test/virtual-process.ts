import { createPressure } from '../src/http/pressure.ts';

export interface Answer {
  refused: boolean;
  at: number;
  /** From the moment it was sent, in milliseconds. */
  afterMs: number;
}

export interface Costs {
  /** What each request costs the process. */
  costMs: number;
  /** What a refusal costs, as a share of that. */
  share?: number;
  /** Of what is left without reading and ending, the store's part, done in groups when the request has begun. */
  storeShare?: number;
  /** How long a request waits for a store that is elsewhere. */
  awayMs?: number;
}

export interface Load extends Costs {
  /** When the first requests are sent. */
  sendAt: Iterable<number>;
  /** What is due while so many are not answered is not sent. */
  connections?: number;
  /** How long the process stands still after half a second. */
  stallMs?: number;
  /** Whether it pauses now and then, for 20 to 80 ms. */
  hasPauses?: boolean;
  /** From the second second on somebody connects so often; 0: more wait to be accepted than can be, so each look accepts one. */
  newcomerMs?: number;
  /** Whether whoever is answered sends the next one at once. */
  isClosed?: boolean;
  untilMs: number;
}

/** Of a refusal, what it takes to read the request (all that a look finds is read before anything else is done), and what is put off until it has been made. */
const READING = 0.4;
const ENDING = 0.3;
/** What a look at the sockets costs by itself. */
const LOOK_MS = 0.005;
/** After so long the pace of an overload is known. */
export const LEARNT_MS = 1_500;
/** As the store makes commits durable: together with others that come meanwhile, so many and so long at most. */
const GROUP = { max: 256, ms: 10, gatherMs: 5, ownMs: 0.5 };
const PAUSE_EVERY_MS = 400;
const FIRST_PAUSE_MS = 30;

/** A process of one thread in virtual time: it takes up what has come, then runs what was put off, turn by turn. */
export function play(load: Load) {
  const {
    sendAt,
    connections = 1e9,
    isClosed = false,
    untilMs,
    newcomerMs = Number.POSITIVE_INFINITY,
    hasPauses = false,
  } = load;
  let { stallMs = 0 } = load;
  const { costMs, share = 0.05, storeShare = 0, awayMs = 0 } = load;
  const readMs = costMs * share * READING;
  const endMs = costMs * share * ENDING;
  const ownMs = costMs - readMs - endMs;
  let clock = 0;
  let idleMs = 0;
  let pauseAt = hasPauses ? FIRST_PAUSE_MS : Number.POSITIVE_INFINITY;
  let pauses = 0;
  const work = (ms: number) => {
    clock += ms;
    if (clock < pauseAt) return;
    pauses += 1;
    clock += 20 + ((pauses * 37) % 60);
    pauseAt = clock + PAUSE_EVERY_MS;
  };
  const away: { until: number; answer: () => void }[] = [];
  let putOff: (() => void)[] = [];
  let ends: (() => void)[] = [];
  const later = (run: () => void) => void putOff.push(run);
  const pressure = createPressure(
    () => clock,
    later,
    () => idleMs,
  );
  const store = createStore(later, work, () => clock, ownMs * storeShare);

  const due = sendAt[Symbol.iterator]();
  const again: number[] = [];
  const takeNext = () => due.next().value ?? again.shift() ?? Number.POSITIVE_INFINITY;
  const answers: Answer[] = [];
  let next = takeNext();
  let open = 0;
  let inFlightMost = 0;
  let accepted = 0;
  const send = (at: number) => {
    work(readMs);
    open += 1;
    pressure.enter((refused, onEnd) => {
      const answer = () => {
        answers.push({ refused, at, afterMs: clock - at });
        if (isClosed) again.push(clock);
        open -= 1;
        ends.push(() => {
          work(endMs);
          onEnd();
        });
      };
      work(refused ? costMs * share - readMs - endMs : ownMs * (1 - storeShare));
      if (refused) answer();
      else if (awayMs > 0) away.push({ until: clock + awayMs, answer });
      else if (storeShare > 0) store(answer);
      else answer();
    });
  };
  const endAnswers = () => {
    const due = ends;
    ends = [];
    for (const end of due) end();
  };
  while (clock < untilMs) {
    if (!Number.isFinite(next)) next = takeNext();
    const due = Math.min(next, away[0]?.until ?? next);
    if (putOff.length === 0 && !Number.isFinite(due)) break;
    if (putOff.length === 0 && due > clock) {
      idleMs += due - clock;
      clock = due;
    }
    if (clock > 500) {
      clock += stallMs;
      stallMs = 0;
    }
    if (clock > LEARNT_MS && clock - LEARNT_MS > accepted * newcomerMs) {
      accepted += 1;
      pressure.meet();
    }
    for (const lookedAt = clock; next <= lookedAt; next = takeNext()) {
      if (open < connections) send(next);
      endAnswers();
      inFlightMost = Math.max(inFlightMost, pressure.inFlight);
    }
    while (away[0] && away[0].until <= clock) {
      away.shift()?.answer();
      endAnswers();
    }
    work(LOOK_MS);
    const turn = putOff;
    putOff = [];
    for (const run of turn) {
      run();
      endAnswers();
    }
  }
  return { answers, inFlightMost, accepted };
}

/** Commits in groups, each in a turn of its own, when nobody has joined it for a turn. */
function createStore(later: (run: () => void) => void, work: (ms: number) => void, now: () => number, ms: number) {
  let waiting: (() => void)[] = [];
  let isCommitting = false;
  const commit = () => {
    isCommitting = waiting.length > 0;
    if (!isCommitting) return;
    const until = now() + GROUP.ms;
    const most = Math.min(waiting.length, GROUP.max);
    let made = 0;
    for (work(Math.min(GROUP.ownMs, ms)); made < most && (made === 0 || now() < until); made += 1) work(ms);
    const group = waiting.slice(0, made);
    waiting = waiting.slice(made);
    for (const answer of group) answer();
    gather(-1, now() + GROUP.gatherMs);
  };
  const gather = (known: number, until: number) => {
    const { length } = waiting;
    if (length > known && now() < until) later(() => gather(length, until));
    else commit();
  };
  return (answer: () => void) => {
    waiting.push(answer);
    if (!isCommitting) gather(-1, now() + GROUP.gatherMs);
    isCommitting = true;
  };
}
