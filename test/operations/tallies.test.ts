import { Counter, Histogram, Registry } from '@prometheus-io/client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TalliedCounter, TalliedHistogram } from '../../src/process/observe/tallies.ts';
import { required } from '../required.ts';

const BUCKETS = [0.001, 0.01, 0.1, 1];
const CALLS = ['get', 'page "of" all', 'commit'];
const named = { help: 'What it is.', labelNames: ['call'] };

const observation = fc.record({
  call: fc.constantFrom(...CALLS),
  value: fc.oneof(fc.constantFrom(0, ...BUCKETS), fc.double({ min: 0, max: 3, noNaN: true })),
});

/** All that the client tells of what it has counted: its text, and what it hands on to other processes; nothing has an example. */
const told = async (registry: Registry) => [
  await registry.metrics(),
  JSON.parse(
    JSON.stringify(await registry.getMetricsAsJSON(), (key, value) => (key === 'exemplar' ? undefined : value)),
  ),
];

test('what is tallied is told as the client tells what it has counted itself', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation, { maxLength: 50 }), async (observations) => {
      const [own, clients] = [new Registry(), new Registry()];
      const tallied = {
        seconds: new TalliedHistogram({ name: 'seconds', ...named, buckets: BUCKETS, registers: [own] }),
        times: new TalliedCounter({ name: 'times', ...named, registers: [own] }),
      };
      const counted = {
        seconds: new Histogram({ name: 'seconds', ...named, buckets: BUCKETS, registers: [clients] }),
        times: new Counter({ name: 'times', ...named, registers: [clients] }),
      };
      const children = new Map(
        [...new Set(observations.map(({ call }) => call))].map((call) => [
          call,
          { seconds: tallied.seconds.child({ call }), times: tallied.times.child({ call }) },
        ]),
      );
      for (const { call, value } of observations) {
        required(children.get(call)).seconds.observe(value);
        required(children.get(call)).times.inc();
        counted.seconds.observe({ call }, value);
        counted.times.inc({ call });
      }
      expect(await told(own)).toEqual(await told(clients));
    }),
  );
});
