import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeDemo } from '../src/process/demo/make.ts';
import { startDemoTraffic } from '../src/process/demo/traffic.ts';
import { describeEngines, PATIENCE_MS, startHarness } from './harness.ts';

/** Requests until the first outage has come and gone, and the breaker has seen that it has. */
const REQUESTS = 90;
const SEED = 'demo';

interface Sent {
  status: string;
  decisionId: string;
  retryOf: string | null;
  outcome: { errorClass: string | null } | null;
}

describeEngines('the traffic of the demo', (engine) => {
  test(
    'meets an outage that opens a breaker and ends, fails no request for good, and spends in no other org',
    async () => {
      const harness = await startHarness(engine, { deps: { random: randomOf(SEED) } });
      const { rest, graphql } = harness.client(await makeDemo(harness.deps));
      const other = await harness.org();
      const { org_id } = (await rest('GET', '/v1/me')).body;
      const made = async () => (await graphql('{ decisions { totalCount } }')).body.data.decisions.totalCount as number;
      const atFirst = await made();
      // The demo's own time: a pause is over at once, and the clock goes on by it.
      let pauses = 0;
      let done = () => {};
      const enough = new Promise<void>((resolve) => {
        done = resolve;
      });
      const traffic = startDemoTraffic(harness.deps, org_id, async (ms) => {
        harness.clock.offsetMs += ms;
        pauses += 1;
        if (pauses === 2 * REQUESTS) done();
        await new Promise(setImmediate);
      });
      await enough;
      await traffic.stop();
      const total = await made();

      const { body } = await rest('GET', `/v1/orgs/${org_id}/events?types=breaker.*&limit=200`);
      const told = body.events.map(({ type }: { type: string }) => type);
      expect(told).toContain('breaker.opened');
      expect(told.at(-1)).toBe('breaker.closed');

      const page = 'decisions(first: 200) { nodes { status decisionId retryOf outcome { errorClass } } }';
      const all = (await graphql(`{ ${page} }`)).body.data.decisions.nodes as Sent[];
      const sent = all.slice(0, total - atFirst);
      // Those of the outage, and of what fails by itself: a breaker counts both.
      const failed = sent.filter(({ outcome }) => outcome?.errorClass);
      expect(failed.length).toBeGreaterThanOrEqual(5);
      for (const { decisionId } of failed) expect(sent.map(({ retryOf }) => retryOf)).toContain(decisionId);
      expect(sent.filter(({ status }) => status === 'open')).toEqual([]);

      const theirs = await other.graphql('{ decisions { totalCount } usage(granularity: day) { totalCount } }');
      expect(theirs.body.data).toEqual({ decisions: { totalCount: 0 }, usage: { totalCount: 0 } });
      const paused = pauses;
      await new Promise(setImmediate);
      expect([pauses, await made()]).toEqual([paused, total]);
      await harness.close();
    },
    PATIENCE_MS,
  );
});

/** Numbers from 0 to below 1, the same for the same seed. */
function randomOf(seed: string): () => number {
  let drawn = 0;
  return () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32BE() / 2 ** 32;
}
