import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { describeEngines, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { doors, type Item, seedThreads } from './doors.ts';

const WORKERS = 100;
const LEASE_SECONDS = 60;

/** What is known of an item from the answers to all workers. */
interface Told {
  until: number;
  /** Whether its holder has asked for the end of the lease, whatever came of that. */
  asked: boolean;
  done: number;
}

/** Asks again for as long as the service says that it cannot answer now: a busy machine is no fault. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!String(error).includes('SERVICE_UNAVAILABLE')) throw error;
    await sleep(50);
    return answered(ask);
  }
}

describeEngines('a hundred workers at two servers', (engine) => {
  test('no item is held by two, none is lost, none is done twice, whatever lapses', async () => {
    const one = await startHarness(engine);
    const two = await one.again();
    try {
      const tenant = await one.org();
      const count = engine === 'sqlite' ? 400 : 120;
      const sources = Array.from({ length: count - 5 }, (_, at) => `s${at}`);
      const space = await seedThreads(tenant, 5, { sources });
      const jobId = await space.reindex();
      const [rest, graphql] = doors as [(typeof doors)[0], (typeof doors)[0]];
      const told = new Map<string, Told>();
      const problems: string[] = [];
      let accepted = 0;
      let stale = 0;

      const take = ({ item_id, lease_until, tries }: Item) => {
        const until = Date.parse(lease_until);
        const before = told.get(item_id);
        if (before && !before.asked && until - LEASE_SECONDS * 1_000 < before.until)
          problems.push(`${item_id} was handed out while somebody held it`);
        if (before?.done) problems.push(`${item_id} was handed out when it was done`);
        if (tries > 5) problems.push(`${item_id} was handed out ${tries} times`);
        told.set(item_id, { until, asked: false, done: before?.done ?? 0 });
      };
      const jobNow = () => answered(() => rest.job(tenant, tenant.orgId, jobId));
      const isOver = async () => (await jobNow()).status === 'completed';
      const work = async (at: number) => {
        const client = (at % 2 ? one : two).client(tenant.token);
        const door = at % 3 ? rest : graphql;
        for (let idle = 0; idle < 3; ) {
          const wanted = { limit: 1 + (at % 5), lease_seconds: LEASE_SECONDS };
          const items = await answered(() => door.claim(client, tenant.orgId, wanted));
          for (const item of items) take(item);
          idle = items.length > 0 ? 0 : idle + 1;
          if (items.length === 0 && (await isOver())) return;
          // Some forget what they hold, once each, and tell of it when it is too late.
          const forgets = at % 7 === 0 && items.some(({ tries }) => tries === 1);
          if (forgets) for (const harness of [one, two]) harness.clock.offsetMs += (LEASE_SECONDS + 1) * 1_000;
          for (const { item_id } of items) required(told.get(item_id)).asked = true;
          const reports = items.map(({ item_id, lease }) => ({ item_id, lease, status: 'done' }));
          if (reports.length === 0) continue;
          const report = () => answered(() => door.report(client, tenant.orgId, reports));
          const results = await report();
          const again = await report();
          results.forEach((result, which) => {
            if (result.accepted !== required(again[which]).accepted)
              problems.push(`${result.item_id}: told twice in two ways`);
            if (!result.accepted) stale += 1;
            if (!result.accepted) return;
            accepted += 1;
            const item = required(told.get(result.item_id));
            item.done += 1;
            if (item.done > 1) problems.push(`${result.item_id} was done twice`);
          });
        }
      };
      while (!(await isOver())) {
        await Promise.all(Array.from({ length: WORKERS }, (_, at) => work(at)));
        for (const harness of [one, two]) harness.clock.offsetMs += (LEASE_SECONDS + 1) * 1_000;
        await sleep(10);
      }
      expect(problems).toEqual([]);
      expect(accepted).toBe(count);
      expect(stale).toBeGreaterThan(0);
      const progress = { total: count, done: count, failed: 0, percent: 100 };
      expect(await jobNow()).toMatchObject({ status: 'completed', progress });
    } finally {
      await two.close();
      await one.close();
    }
  }, 120_000);
});
