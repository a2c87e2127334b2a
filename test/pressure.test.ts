import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPressure } from '../src/http/pressure.ts';
import { describeEngines, startHarness } from './harness.ts';
import { required } from './required.ts';
import { seed } from './seed.ts';

interface Answer {
  refused: boolean;
  /** From the moment it was sent, in milliseconds. */
  afterMs: number;
}

interface Load {
  /** When the first requests are sent. */
  sendAt: number[];
  /** What each costs the process. */
  costMs: number;
  /** Whether whoever is answered sends the next one at once. */
  isClosed: boolean;
  untilMs: number;
}

const REFUSAL_MS = 0.05;

/** A process of one thread in virtual time: it takes up what has come, then runs what was put off, turn by turn. */
async function play({ sendAt, costMs, isClosed, untilMs }: Load): Promise<Answer[]> {
  let clock = 0;
  let putOff: (() => void)[] = [];
  const pressure = createPressure(
    () => clock,
    (work) => void putOff.push(work),
  );
  const sent = [...sendAt];
  const answers: Answer[] = [];
  let taken = 0;
  while (clock < untilMs && (taken < sent.length || putOff.length > 0)) {
    if (putOff.length === 0) clock = Math.max(clock, required(sent[taken]));
    const lookedAt = clock;
    for (; taken < sent.length && required(sent[taken]) <= lookedAt; taken += 1) {
      const at = required(sent[taken]);
      pressure.enter((refused, onEnd) => {
        clock += refused ? REFUSAL_MS : costMs;
        answers.push({ refused, afterMs: clock - at });
        if (isClosed) sent.push(clock);
        onEnd();
      });
    }
    const turn = putOff;
    putOff = [];
    for (const work of turn) work();
    await Promise.resolve();
  }
  return answers;
}

const refusals = (answers: readonly Answer[]) => answers.filter(({ refused }) => refused).length;
const closedLoop = (clients: number, costMs: number) =>
  play({ sendAt: Array.from({ length: clients }, () => 0), costMs, isClosed: true, untilMs: 2_000 });
const openLoop = (factor: number, costMs: number, untilMs = 3_000) => {
  const everyMs = costMs / factor;
  const sendAt = Array.from({ length: Math.floor(untilMs / everyMs) }, (_, at) => at * everyMs);
  return play({ sendAt, costMs, isClosed: false, untilMs });
};

describe('what is refused', () => {
  test('nobody, where so many callers as can be answered in time wait for each other’s answers', async () => {
    const load = fc
      .record({
        costMs: fc.double({ min: 0.1, max: 20, noNaN: true }),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ costMs, share }) => ({
        costMs,
        clients: Math.ceil(Math.max(64, Math.min(1_000, 230 / costMs)) * share),
      }));
    await fc.assert(
      fc.asyncProperty(load, async ({ clients, costMs }) => refusals(await closedLoop(clients, costMs)) === 0),
      {
        numRuns: 15,
        examples: [[{ clients: 32, costMs: 8 }], [{ clients: 48, costMs: 8 }], [{ clients: 64, costMs: 20 }]],
      },
    );
  });

  test('beyond the capacity, only the excess: at once, and who is let in is answered in time', async () => {
    const load = fc.record({
      factor: fc.double({ min: 1.3, max: 2.5, noNaN: true }),
      costMs: fc.double({ min: 0.5, max: 4, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(load, async ({ factor, costMs }) => {
        const answers = await openLoop(factor, costMs);
        const [refused, served] = [answers.filter((one) => one.refused), answers.filter((one) => !one.refused)];
        expect(refused.length).toBeGreaterThan(0);
        expect(Math.max(...refused.map(({ afterMs }) => afterMs))).toBeLessThan(30);
        expect(Math.max(...served.map(({ afterMs }) => afterMs))).toBeLessThan(500);
        // What refusing costs is all that is lost.
        expect(served.length * costMs + refused.length * REFUSAL_MS).toBeGreaterThan(3_000 - 40);
      }),
      { numRuns: 12 },
    );
  });

  test('nobody of a burst, and nobody who comes after one', async () => {
    const burst = Array.from({ length: 1_000 }, () => 0);
    const calm = Array.from({ length: 200 }, (_, at) => 4_100 + at * 5);
    const answers = await play({ sendAt: [...burst, ...calm], costMs: 4, isClosed: false, untilMs: 10_000 });
    expect([answers.length, refusals(answers)]).toEqual([1_200, 0]);
    expect(Math.max(...answers.slice(1_000).map(({ afterMs }) => afterMs))).toBeLessThan(10);
  });

  test('nobody, as soon as what came too much has ended', async () => {
    const rush = Array.from({ length: 4_000 }, (_, at) => at / 2);
    const calm = Array.from({ length: 200 }, (_, at) => 2_600 + at * 2);
    const answers = await play({ sendAt: [...rush, ...calm], costMs: 1, isClosed: false, untilMs: 10_000 });
    expect(refusals(answers.slice(0, 4_000))).toBeGreaterThan(1_000);
    expect(refusals(answers.slice(4_000))).toBe(0);
  });

  test('more than wait for the store at once', () => {
    const pressure = createPressure(() => 0);
    let refused = 0;
    for (let at = 0; at < 1_030; at += 1)
      pressure.enter((isRefused) => {
        if (isRefused) refused += 1;
      });
    expect([refused, pressure.inFlight]).toEqual([6, 1_030]);
  });

  test('those that wait for something else are no load, until they go on', () => {
    const pressure = createPressure(() => 0);
    const ends: (() => void)[] = [];
    let refused = 0;
    const enter = () =>
      pressure.enter((isRefused) => {
        if (isRefused) refused += 1;
        else ends.push(pressure.rest());
      });
    for (let at = 0; at < 3_000; at += 1) enter();
    expect([refused, pressure.inFlight]).toEqual([0, 3_000]);
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
