import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPressure } from '../src/http/pressure.ts';
import { describeEngines, startHarness } from './harness.ts';
import { seed } from './seed.ts';

interface Answer {
  refused: boolean;
  at: number;
  /** From the moment it was sent, in milliseconds. */
  afterMs: number;
}

interface Load {
  /** When the first requests are sent. */
  sendAt: Iterable<number>;
  /** What each costs the process. */
  costMs: number;
  /** What a refusal costs, as a share of that. */
  share?: number;
  /** What is due while so many are not answered is not sent. */
  connections?: number;
  /** How long the process stands still after half a second. */
  stallMs?: number;
  /** Whether from the second second on more wait to be accepted than can be: each look accepts one. */
  hasNewcomers?: boolean;
  /** Whether whoever is answered sends the next one at once. */
  isClosed?: boolean;
  untilMs: number;
}

/** Of a refusal, what it takes to read the request: all that a look finds is read before anything else is done. */
const READING = 0.5;

/** What a look at the sockets costs by itself. */
const LOOK_MS = 0.005;
/** After so long the pace of an overload is known. */
const LEARNT_MS = 1_000;

/** A process of one thread in virtual time: it takes up what has come, then runs what was put off, turn by turn. */
async function play({
  sendAt,
  costMs,
  share = 0.05,
  connections = 1e9,
  isClosed = false,
  untilMs,
  hasNewcomers = false,
  ...load
}: Load) {
  let { stallMs = 0 } = load;
  const readMs = costMs * share * READING;
  let accepted = 0;
  let clock = 0;
  let putOff: (() => void)[] = [];
  const pressure = createPressure(
    () => clock,
    (work) => void putOff.push(work),
  );
  const due = sendAt[Symbol.iterator]();
  const again: number[] = [];
  const takeNext = () => due.next().value ?? again.shift() ?? Number.POSITIVE_INFINITY;
  const answers: Answer[] = [];
  let next = takeNext();
  let open = 0;
  let inFlightMost = 0;
  const send = (at: number) => {
    clock += readMs;
    open += 1;
    pressure.enter((refused, onEnd) => {
      clock += costMs * (refused ? share : 1) - readMs;
      answers.push({ refused, at, afterMs: clock - at });
      if (isClosed) again.push(clock);
      open -= 1;
      onEnd();
    });
    inFlightMost = Math.max(inFlightMost, pressure.inFlight);
  };
  while (clock < untilMs && (Number.isFinite(next) || putOff.length > 0 || again.length > 0)) {
    if (!Number.isFinite(next)) next = takeNext();
    if (putOff.length === 0) clock = Math.max(clock, next);
    if (clock > 500) {
      clock += stallMs;
      stallMs = 0;
    }
    if (hasNewcomers && clock > LEARNT_MS) {
      accepted += 1;
      pressure.meet();
    }
    for (const lookedAt = clock; next <= lookedAt; next = takeNext()) if (open < connections) send(next);
    clock += LOOK_MS;
    const turn = putOff;
    putOff = [];
    for (const work of turn) work();
    await Promise.resolve();
  }
  return { answers, inFlightMost, accepted };
}

const refusals = (answers: readonly Answer[]) => answers.filter(({ refused }) => refused).length;
const longest = (answers: readonly Answer[]) => answers.reduce((most, { afterMs }) => Math.max(most, afterMs), 0);
const closedLoop = (clients: number, costMs: number) =>
  play({ sendAt: Array.from({ length: clients }, () => 0), costMs, isClosed: true, untilMs: 2_000 });

function* every(ms: number, untilMs: number): Generator<number, undefined> {
  for (let at = 0; at * ms < untilMs; at += 1) yield at * ms;
}

/** `factor` times as much as could be answered; who is served is told from the second second on, when its pace is known. */
async function openLoop({
  factor,
  ...load
}: { factor: number } & Pick<Load, 'costMs' | 'share' | 'connections' | 'hasNewcomers'>) {
  const untilMs = 3_000;
  const { answers, accepted } = await play({ ...load, sendAt: every(load.costMs / factor, untilMs), untilMs });
  const later = answers.filter(({ at }) => at > LEARNT_MS);
  const served = later.filter(({ refused }) => !refused);
  const refused = answers.filter((one) => one.refused);
  const inTime = served.filter(({ afterMs }) => afterMs <= 500).length;
  const goodput = (inTime * load.costMs) / (untilMs - LEARNT_MS - longest(served));
  return { goodput, served, refused, accepted };
}

/** Of the capacity, what is left at best when all of the excess has been refused. */
const bound = (factor: number, share: number) => (1 - factor * share) / (1 - share);

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** As many small costs as large ones. */
const cost = (min: number, max: number) => between(Math.log(min), Math.log(max)).map(Math.exp);

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
  test('nobody, where so many callers as can be answered in time wait for each other’s answers', async () => {
    const load = fc
      .record({ costMs: cost(0.03, 20), part: between(0, 1) })
      .map(({ costMs, part }) => ({ costMs, clients: Math.ceil(Math.max(64, Math.min(8_000, 210 / costMs)) * part) }));
    await fc.assert(
      fc.asyncProperty(
        load,
        async ({ clients, costMs }) => refusals((await closedLoop(clients, costMs)).answers) === 0,
      ),
      {
        numRuns: 25,
        examples: [
          [{ clients: 32, costMs: 8 }],
          [{ clients: 48, costMs: 8 }],
          [{ clients: 64, costMs: 20 }],
          [{ clients: 2_000, costMs: 0.05 }],
        ],
      },
    );
  });

  test('beyond the capacity, only the excess: at once, and who is let in is answered in time', async () => {
    const load = fc
      .record({ factor: between(1.3, 2.5), part: between(0.05, 0.6), costMs: cost(0.03, 2.5) })
      .map(({ factor, part, costMs }) => ({ factor, costMs, share: part / factor }));
    await fc.assert(
      fc.asyncProperty(load, async ({ factor, costMs, share }) => {
        const { goodput, served, refused } = await openLoop({ factor, costMs, share });
        expect(refused.length).toBeGreaterThan(0);
        expect(longest(refused)).toBeLessThan(50);
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.9 * bound(factor, share) - 0.02);
      }),
      { numRuns: 20 },
    );
  });

  test('nobody by not being accepted: of many who connect, one with each answer, and the others are answered as before', async () => {
    const load = fc.record({ factor: between(1.3, 2.5), share: between(0.05, 0.2), costMs: cost(0.05, 0.5) });
    await fc.assert(
      fc.asyncProperty(load, async ({ factor, share, costMs }) => {
        const { goodput, served, accepted } = await openLoop({ factor, costMs, share, hasNewcomers: true });
        expect(accepted).toBeGreaterThan(2_000 / costMs / 2.5);
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.9 * bound(factor, share) - 0.02);
      }),
      { numRuns: 10 },
    );
  });

  test('no more than leaves half of the time to those who were let in, where refusals alone would take all of it', async () => {
    const load = fc.record({ share: between(0.4, 0.9), costMs: between(0.15, 0.3), connections: fc.constant(3_000) });
    await fc.assert(
      fc.asyncProperty(load, async ({ share, costMs, connections }) => {
        const { goodput, served } = await openLoop({ factor: 2, costMs, share, connections });
        expect(longest(served)).toBeLessThan(500);
        expect(goodput).toBeGreaterThan(0.3);
      }),
      { numRuns: 10 },
    );
  });

  test('nobody who could be answered, soon after a process that stood still has refused some', async () => {
    const load = fc.record({
      share: between(0.4, 0.9),
      clients: fc.integer({ min: 1_200, max: 1_300 }),
      stallMs: between(100, 1_000),
    });
    await fc.assert(
      fc.asyncProperty(load, async ({ share, clients, stallMs }) => {
        const sendAt = Array.from({ length: clients }, () => 0);
        const { answers } = await play({ sendAt, costMs: 0.1, share, isClosed: true, stallMs, untilMs: 5_000 });
        expect(refusals(answers.filter(({ at }) => at > 4_000))).toBe(0);
      }),
      { numRuns: 10 },
    );
  });

  test('nobody of a burst, and nobody who comes after one', async () => {
    const burst = Array.from({ length: 1_000 }, () => 0);
    const calm = Array.from({ length: 200 }, (_, at) => 400 + at * 5);
    const { answers } = await play({ sendAt: [...burst, ...calm], costMs: 0.2, untilMs: 10_000 });
    expect([answers.length, refusals(answers)]).toEqual([1_200, 0]);
    expect(longest(answers.slice(1_000))).toBeLessThan(10);
  });

  test('nobody, as soon as what came too much has ended', async () => {
    const rush = Array.from({ length: 4_000 }, (_, at) => at / 2);
    const calm = Array.from({ length: 200 }, (_, at) => 2_600 + at * 2);
    const { answers } = await play({ sendAt: [...rush, ...calm], costMs: 1, untilMs: 10_000 });
    expect(refusals(answers.slice(0, 4_000))).toBeGreaterThan(1_000);
    expect(refusals(answers.slice(4_000))).toBe(0);
  });

  test('what comes beyond a bound, however fast it could be answered', async () => {
    const rush = Array.from({ length: 20_000 }, () => 0);
    const { answers, inFlightMost } = await play({ sendAt: rush, costMs: 0.01, untilMs: 10_000 });
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
    expect(refused).toBe(1);
  });
});

describeEngines('calm callers', (engine) => {
  // What is tried is the process; a slow server of the other engine only leaves it idle.
  const rounds = engine === 'sqlite' ? 5 : 2;
  test.each(engine === 'sqlite' ? [32, 48] : [48])(
    '%i connections that ask Q3 one answer after the other get no 503',
    async (connections) => {
      const harness = await startHarness(engine);
      const tenant = await harness.org();
      const { workspace, workspaceId, environmentId } = await seed(tenant);
      for (let app = 0; app < 9; app += 1) {
        const { body } = await tenant.rest('POST', `${workspace}/apps`, { name: `app ${app}` });
        await Promise.all(
          Array.from({ length: 10 }, (_, at) =>
            tenant.rest('POST', `${workspace}/apps/${body.app_id}/namespaces`, {
              name: `n ${at}`,
              environment_id: environmentId,
            }),
          ),
        );
      }
      const query =
        'query($ws: ID!){workspace(workspaceId:$ws){name apps(first:10){edges{node{name namespaces(first:10){edges{node{name status environment{name}}}}}}}}}';
      const statuses = await Promise.all(
        Array.from({ length: connections }, async () => {
          const seen: number[] = [];
          for (let at = 0; at < rounds; at += 1) seen.push((await tenant.graphql(query, { ws: workspaceId })).status);
          return seen;
        }),
      );
      await harness.close();
      expect(statuses.flat().filter((status) => status !== 200)).toEqual([]);
    },
  );
});
