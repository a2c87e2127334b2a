import type { Connection } from './connection.ts';

export interface Spread {
  p50: number;
  p99: number;
}

/** What came back, in milliseconds from the moment in which each request was sent. */
export interface Told {
  seconds: number;
  sent: number;
  answered: number;
  /** Answered within half a second, and before the time was over: what was under way then belongs to nobody's second. */
  inTime: number;
  refused: number;
  /** Anything else, broken connections among them. */
  other: number;
  answers: Spread;
  refusals: Spread;
  /** Due, but there was no connection or no request left to send. */
  unsent: number;
  /** How late the generator was by its own clock. */
  lateness: Spread;
  /** Of one core, what the generator took. */
  generatorShare: number;
}

const IN_TIME_MS = 500;

export function createTally() {
  const answers: number[] = [];
  const refusals: number[] = [];
  const lateness: number[] = [];
  let other = 0;
  let begun = performance.now();
  let used = process.cpuUsage();
  let seconds = 0;
  let generatorShare = 0;

  const tally = {
    unsent: 0,
    answered: 0,
    inTime: 0,
    begin() {
      begun = performance.now();
      used = process.cpuUsage();
    },
    late: (ms: number) => void lateness.push(ms),
    add({ sentAt }: Connection, status: number) {
      const ms = performance.now() - sentAt;
      if (status >= 200 && status < 300) {
        answers.push(ms);
        tally.answered += 1;
        if (seconds === 0 && ms <= IN_TIME_MS) tally.inTime += 1;
      } else if (status === 503) refusals.push(ms);
      else other += 1;
    },
    end() {
      seconds = (performance.now() - begun) / 1_000;
      const { user, system } = process.cpuUsage(used);
      generatorShare = (user + system) / 1e6 / seconds;
    },
    told(): Told {
      if (seconds === 0) tally.end();
      return {
        seconds,
        sent: answers.length + refusals.length + other,
        answered: answers.length,
        inTime: tally.inTime,
        refused: refusals.length,
        other,
        answers: spreadOf(answers),
        refusals: spreadOf(refusals),
        unsent: tally.unsent,
        lateness: spreadOf(lateness),
        generatorShare,
      };
    },
  };
  return tally;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
