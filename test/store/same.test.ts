import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MONGODB_URI, type Opened, openEngine } from '../harness.ts';
import { attempt, burial, everything, step } from './random-commits.ts';

/** The same random commands leave both engines equal, and are answered alike. */
describe.skipIf(!MONGODB_URI)('two engines', () => {
  let one: Opened;
  let two: Opened;
  const clock = () => '2026-01-01T00:00:00.000Z';
  beforeAll(async () => {
    [one, two] = await Promise.all([openEngine('sqlite', clock), openEngine('mongodb', clock)]);
  });
  afterAll(() => Promise.all([one.close(), two.close()]));

  test('stay equal over random commits', async () => {
    let run = 0;
    const commit = fc.oneof(
      { weight: 4, arbitrary: fc.array(step, { minLength: 1, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.tuple(burial) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 20 }), async (commits) => {
        run += 1;
        const orgId = `o${run}`;
        for (const commit of commits) {
          const changes = commit.map((make) => make(orgId));
          expect(await attempt(two.store, changes)).toEqual(await attempt(one.store, changes));
        }
        const [left, right] = [await everything(one.store, orgId), await everything(two.store, orgId)];
        expect(right).toEqual(left);
      }),
      { numRuns: 60 },
    );
  });
});
