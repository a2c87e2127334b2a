import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPressure } from '../src/http/pressure.ts';
import { type Answer, type Costs, LEARNT_MS, type Load, play } from './virtual-process.ts';

const refusals = (answers: readonly Answer[]) => answers.filter(({ refused }) => refused).length;
const longest = (answers: readonly Answer[]) => answers.reduce((most, { afterMs }) => Math.max(most, afterMs), 0);
const closedLoop = (clients: number, costs: Costs, load: Partial<Load> = {}) =>
  play({ sendAt: Array.from({ length: clients }, () => 0), ...costs, isClosed: true, untilMs: 2_000, ...load });

function* every(ms: number, untilMs: number): Generator<number, undefined> {
  for (let at = 0; at * ms < untilMs; at += 1) yield at * ms;
}

/** `factor` times as much as could be answered; who is served is told when the pace of the overload is known. */
function openLoop({
  factor,
  ...load
}: { factor: number } & Costs & Pick<Load, 'connections' | 'newcomerMs' | 'hasPauses'>) {
  const untilMs = 3_500;
  const { answers, accepted } = play({ ...load, sendAt: every(load.costMs / factor, untilMs), untilMs });
  const served = answers.filter(({ at, refused }) => at > LEARNT_MS && !refused);
  const refused = answers.filter((one) => one.refused);
  const inTime = served.filter(({ afterMs }) => afterMs <= 500).length;
  return { goodput: (inTime * load.costMs) / (untilMs - LEARNT_MS - longest(served)), served, refused, accepted };
}

/** Of the capacity, what is left at best when all of the excess has been refused. */
const bound = (factor: number, share: number) => (1 - factor * share) / (1 - share);

/** A load that has failed is told as it is: to find a smaller one takes minutes, and makes it no plainer. */
const runs = (numRuns: number) => ({ numRuns, endOnFailure: true });
const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** As many small costs as large ones. */
const cost = (min: number, max: number) => between(Math.log(min), Math.log(max)).map(Math.exp);
const share = () => between(0.02, 0.9);
/** Much or little of what an answer costs. */
const storeShare = () => fc.oneof(fc.constant(0), between(0, 0.9));

test('the first of a turn begins at once, who comes with it once all of them have been read', () => {
  const putOff: (() => void)[] = [];
  const pressure = createPressure(
    () => 0,
    (work) => void putOff.push(work),
  );
  const begun: number[] = [];
  for (const one of [1, 2, 3]) pressure.enter(() => void begun.push(one));
  expect(begun).toEqual([1]);
  for (const work of putOff.splice(0)) work();
  expect(begun).toEqual([1, 2, 3]);
});

describe('what is refused', () => {
  test('nobody, where so many callers as can be answered in time wait for each other’s answers', () => {
    const load = fc
      .record({ costMs: cost(0.03, 20), share: share(), storeShare: storeShare(), part: between(0, 1) })
      .map(({ part, ...costs }) => ({
        costs,
        clients: Math.ceil(Math.max(64, Math.min(8_000, 400 / costs.costMs)) * part),
      }));
    fc.assert(
      fc.property(load, ({ clients, costs }) => refusals(closedLoop(clients, costs).answers) === 0),
      {
        ...runs(25),
        examples: [
          [{ clients: 48, costs: { costMs: 8 } }],
          [{ clients: 64, costs: { costMs: 20 } }],
          [{ clients: 3_000, costs: { costMs: 0.11, share: 0.9 } }],
          [{ clients: 1_000, costs: { costMs: 0.4, share: 0.1, storeShare: 0.6 } }],
        ],
      },
    );
  });

  test('nobody of callers in a loop by the process’s own pauses', () => {
    const load = fc
      .record({ costMs: cost(0.05, 4), share: share(), storeShare: storeShare() })
      .map((costs) => ({ costs, clients: Math.ceil(250 / costs.costMs) }));
    fc.assert(
      fc.property(
        load,
        ({ clients, costs }) => refusals(closedLoop(clients, costs, { hasPauses: true }).answers) === 0,
      ),
      runs(15),
    );
  });

  test('nobody by the time that a store elsewhere takes while the process is idle', () => {
    const load = fc.record({ clients: fc.integer({ min: 65, max: 1_000 }), awayMs: between(100, 2_000) });
    fc.assert(
      fc.property(load, ({ clients, awayMs }) => {
        const { answers } = closedLoop(clients, { costMs: 0.1, awayMs }, { untilMs: 10_000 });
        expect(answers.length).toBeGreaterThan(0);
        expect(refusals(answers)).toBe(0);
      }),
      runs(15),
    );
  });

  test('beyond the capacity, only the excess: at once, and who is let in is answered in time', () => {
    const load = fc
      .record({
        factor: between(1.5, 2.5),
        part: between(0.05, 0.4),
        costMs: cost(0.03, 2.5),
        storeShare: storeShare(),
      })
      .map(({ part, ...load }) => ({ ...load, share: part / load.factor }))
      // Of cheaper ones as many wait for the store as may.
      .filter(({ costMs, storeShare }) => storeShare === 0 || costMs > 0.3);
    fc.assert(
      fc.property(load, (rush) => {
        const { goodput, served, refused } = openLoop(rush);
        expect(refused.length).toBeGreaterThan(0);
        expect(longest(refused)).toBeLessThan(50);
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.9 * bound(rush.factor, rush.share) - 0.02);
      }),
      {
        ...runs(20),
        examples: [
          [{ factor: 2, costMs: 0.4, share: 0.1, storeShare: 0.6 }],
          [{ factor: 2, costMs: 1, share: 0.05, storeShare: 0.9 }],
        ],
      },
    );
  });

  test('nobody by not being accepted: of many who connect, one with each answer, and the others are answered as before', () => {
    const load = fc.record({ factor: between(1.5, 2.5), share: between(0.08, 0.2), costMs: cost(0.06, 0.5) });
    fc.assert(
      fc.property(load, ({ factor, share, costMs }) => {
        const { goodput, served, accepted } = openLoop({ factor, costMs, share, newcomerMs: 0 });
        expect(accepted).toBeGreaterThan(2_000 / costMs / 2.5);
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.9 * bound(factor, share) - 0.02);
      }),
      runs(5),
    );
  });

  test('at once, where somebody connects now and then', () => {
    const load = fc.record({
      share: between(0.23, 0.26),
      costMs: between(0.22, 0.35),
      storeShare: between(0.4, 0.6),
      newcomerMs: between(60, 120),
    });
    fc.assert(
      fc.property(load, (rush) => {
        const { goodput, served, refused } = openLoop({ factor: 2, connections: 3_000, ...rush });
        const late = refused.filter(({ at, afterMs }) => at > LEARNT_MS && afterMs > 75);
        expect(late.length).toBeLessThan(refused.length / 50);
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.9 * bound(2, rush.share) - 0.02);
      }),
      { ...runs(10), examples: [[{ share: 0.25, costMs: 0.248, storeShare: 0.45, newcomerMs: 80 }]] },
    );
  });

  test('nobody, where refusing takes as long as answering and all who are connected can be answered', () => {
    const load = fc.record({ share: between(0.5, 0.95), costMs: between(0.05, 0.11), hasPauses: fc.boolean() });
    fc.assert(
      fc.property(load, (costs) => {
        const { goodput, refused } = openLoop({ factor: 2, ...costs, connections: 3_000 });
        expect(refused.length).toBe(0);
        expect(goodput).toBeGreaterThan(0.85);
      }),
      runs(10),
    );
  });

  test('no more than leaves most of the time to those who were let in, where refusals alone would take all of it', () => {
    const load = fc.record({ share: between(0.5, 0.9), costMs: between(0.17, 0.4) });
    fc.assert(
      fc.property(load, (costs) => {
        const { goodput, served } = openLoop({ factor: 2, ...costs, connections: 3_000 });
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.5);
      }),
      runs(10),
    );
  });

  test('not everybody, where more callers than can be answered ask again at once', () => {
    const load = fc.record({ share: between(0.02, 0.1), part: between(1.3, 3), storeShare: storeShare() });
    fc.assert(
      fc.property(load, ({ part, ...costs }) => {
        const { answers } = closedLoop(part * 1_250, { costMs: 0.4, ...costs }, { untilMs: 4_000 });
        const served = answers.filter(({ at, refused }) => at > 2_000 && !refused);
        expect(served.length * 0.4).toBeGreaterThan(0.1 * 2_000);
      }),
      runs(10),
    );
  });

  test('nobody who could be answered, soon after a process that stood still has refused some', () => {
    const stallMs = between(100, 1_000);
    const load = fc.oneof(
      fc.record({ stallMs, share: between(0.2, 0.35), clients: fc.integer({ min: 1_000, max: 1_100 }) }),
      fc.record({ stallMs, share: between(0.5, 0.9), clients: fc.integer({ min: 2_000, max: 2_300 }) }),
    );
    fc.assert(
      fc.property(load, ({ share, clients, stallMs }) => {
        const { answers } = closedLoop(clients, { costMs: 0.1, share }, { stallMs, untilMs: 5_000 });
        expect(refusals(answers.filter(({ at }) => at > 4_000))).toBe(0);
      }),
      runs(10),
    );
  });

  test('nobody of a burst, and nobody who comes after one', () => {
    const burst = Array.from({ length: 1_000 }, () => 0);
    const calm = Array.from({ length: 200 }, (_, at) => 400 + at * 5);
    const { answers } = play({ sendAt: [...burst, ...calm], costMs: 0.2, untilMs: 10_000 });
    expect([answers.length, refusals(answers)]).toEqual([1_200, 0]);
    expect(longest(answers.slice(1_000))).toBeLessThan(10);
  });

  test('nobody, as soon as what came too much has ended', () => {
    const rush = Array.from({ length: 4_000 }, (_, at) => at / 2);
    const calm = Array.from({ length: 200 }, (_, at) => 2_600 + at * 2);
    const { answers } = play({ sendAt: [...rush, ...calm], costMs: 1, untilMs: 10_000 });
    const [before, after] = [answers.filter(({ at }) => at < 2_500), answers.filter(({ at }) => at > 2_500)];
    expect(refusals(before)).toBeGreaterThan(1_000);
    expect([after.length, refusals(after)]).toEqual([200, 0]);
  });

  test('what comes beyond a bound, however fast it could be answered', () => {
    const rush = Array.from({ length: 20_000 }, () => 0);
    const { answers, inFlightMost } = play({ sendAt: rush, costMs: 0.01, untilMs: 10_000 });
    expect([answers.length, inFlightMost]).toEqual([20_000, 8_192]);
    expect(refusals(answers)).toBeGreaterThan(10_000);
  });

  test('more than wait for the store at once, whether they have come one by one or together', () => {
    fc.assert(
      fc.property(between(0, 0.2), (costMs) => {
        let clock = 0;
        let putOff: (() => void)[] = [];
        const pressure = createPressure(
          () => clock,
          (work) => void putOff.push(work),
        );
        let refused = 0;
        for (let at = 0; at < 1_030; at += 1)
          pressure.enter((isRefused) => {
            clock += costMs;
            if (isRefused) refused += 1;
          });
        for (let turn = 0; turn < 200; turn += 1) {
          clock += 5;
          const due = putOff;
          putOff = [];
          for (const work of due) work();
        }
        expect([refused, pressure.inFlight]).toEqual([6, 1_030]);
      }),
      { examples: [[0]] },
    );
  });

  test('those that wait for something else are no load, until they go on', () => {
    const putOff: (() => void)[] = [];
    const pressure = createPressure(
      () => 0,
      (work) => void putOff.push(work),
    );
    const ends: (() => void)[] = [];
    let refused = 0;
    const enter = () =>
      pressure.enter((isRefused) => {
        if (isRefused) refused += 1;
        else ends.push(pressure.rest());
      });
    for (let at = 0; at < 3_000; at += 1) enter();
    for (let turn = 0; turn < 20; turn += 1) for (const work of putOff.splice(0)) work();
    expect([refused, ends.length, pressure.inFlight]).toEqual([0, 3_000, 3_000]);
    for (const end of ends) end();
    enter();
    for (let turn = 0; turn < 3; turn += 1) for (const work of putOff.splice(0)) work();
    expect(refused).toBe(1);
  });
});
