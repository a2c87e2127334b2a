import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { apps } from '../../src/nouns/apps/model.ts';
import { createTasks } from '../../src/process/runner/runner.ts';
import { TOMBSTONE_MS } from '../../src/process/runner/sweep.ts';
import { createGate } from '../../src/process/scheduler/gate.ts';
import type { Scheduler } from '../../src/process/scheduler/scheduler.ts';
import { LEASE_MS } from '../../src/process/scheduler/scheduler.ts';
import { type Task, tasks } from '../../src/resource/task.ts';
import { type Change, type Key, type Store, tombstones } from '../../src/store/store.ts';
import { describeEngines, type Harness, startHarness, type Tenant } from '../harness.ts';
import { required } from '../required.ts';
import { leftBelow } from './swept.ts';

/** What becomes of a process at one of its commits. */
const FATES = ['is killed before', 'is killed after', 'comes late to'] as const;
type Fate = (typeof FATES)[number];
interface Crash {
  fate: Fate;
  /** Counted from 0 within the process. */
  commit: number;
}
const NEVER: Crash = { fate: 'is killed before', commit: Number.POSITIVE_INFINITY };

/** The other engine tries each fate at each commit; with this one that takes long. */
const each = { sqlite: 1, mongodb: FATES.length };
/** More than one commit sweeps. */
const APPS = 120;

/** The store as a process has it that takes up one task alone, and meets its fate there. */
function fated(store: Store, { fate, commit: fatal }: Crash, targetId: string) {
  const goesOn = Promise.withResolvers<void>();
  const process = { commits: 0, written: [] as number[], isMet: false, goOn: goesOn.resolve };
  const own = {
    async commit(changes: readonly Change[]) {
      const at = process.commits;
      process.commits += 1;
      if (at !== fatal) return record(at, changes);
      const early = fate === 'is killed after' ? await record(at, changes) : null;
      process.isMet = true;
      await goesOn.promise;
      return early ?? record(at, changes);
    },
    due: async (...query: Parameters<Store['due']>) =>
      (await store.due(...query)).filter((task) => (task as Task).targetId === targetId),
  };
  /** Sweeps that find nothing write nothing: to die there is to die before the next. */
  async function record(at: number, changes: readonly Change[]) {
    const committed = await store.commit(changes);
    if (changes[0]?.type !== 'sweep' || Number(committed.results[0]) > 0) process.written.push(at);
    return committed;
  }
  const proxy = new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { process, store: proxy };
}

describeEngines('a sweep, whatever becomes of those who do it', (engine) => {
  let now: number;
  let harness: Harness;
  let tenant: Tenant;
  let others: Scheduler;
  beforeEach(async () => {
    now = Date.parse('2031-05-01T12:00:00.000Z');
    harness = await startHarness(engine, { deps: { now: () => now } });
    await harness.runner.stop();
    tenant = await harness.org();
    others = begin(harness.deps.store);
  });
  afterEach(() => harness.close());

  const begin = (store: Store) => createTasks({ ...harness.deps, store }, createGate());
  /** Takes what is due and does it, until that is done or its fate is met. */
  const work = async (scheduler: Scheduler, fated = { isMet: false }) => {
    let hasLooked = false;
    void scheduler.look().then(() => {
      hasLooked = true;
    });
    while (!fated.isMet && (!hasLooked || scheduler.held().size > 0)) await nextTurn();
  };
  const markOf = (key: Key) => harness.deps.store.get(tombstones, key);
  const sweptAtOf = async (key: Key) => (await markOf(key))?.sweptAt ?? null;

  /** Workspaces with more in each than one commit sweeps. */
  async function workspaces(many: number): Promise<Key[]> {
    const keys: Key[] = [];
    for (let at = 0; at < many; at += 1) {
      const body = { organization_id: tenant.orgId, name: crypto.randomUUID() };
      const { workspace_id: id } = (await tenant.rest('POST', `${tenant.base}/workspaces`, body)).body;
      const path = `${tenant.base}/workspaces/${id}/apps`;
      const { app_id: appId } = (await tenant.rest('POST', path, { name: 'Chat' })).body;
      const app = required(await harness.deps.store.get(apps.collection, { orgId: tenant.orgId, id: appId }));
      const copies = Array.from({ length: APPS }, (_, at) => ({ ...app, id: `${appId}_${at}`, name: `Chat ${at}` }));
      await harness.deps.store.load(apps.collection, copies);
      keys.push({ orgId: tenant.orgId, id });
    }
    await work(others);
    return keys;
  }

  /** Deletes a workspace, and has a process of its own sweep it (and in the end remove its mark) until its fate. */
  async function sweep(key: Key, crash: Crash, turns: number) {
    expect((await tenant.rest('DELETE', `${tenant.base}/workspaces/${key.id}`)).status).toBe(200);
    const { process, store } = fated(harness.deps.store, crash, key.id);
    const scheduler = begin(store);
    const began = now;
    await work(scheduler, process);
    const sweptAt = await sweptAtOf(key);
    const early = process.commits;
    now += turns > 1 ? TOMBSTONE_MS : 0;
    if (turns > 1) await work(scheduler, process);
    const metAt = now;
    now = began;
    const late = async () => {
      if (crash.fate !== 'comes late to' || !process.isMet) return;
      process.goOn();
      await work(scheduler);
    };
    return { key, crash, process, sweptAt, early, metAt, late };
  }
  type Swept = Awaited<ReturnType<typeof sweep>>;

  /** What is wrong with any of them while others look after the work. */
  async function problemsOf(all: readonly Swept[]): Promise<string[]> {
    const problems: string[] = [];
    const { store } = harness.deps;
    const metAt = Math.max(...all.map(({ metAt }) => metAt));
    for (const passed of [0, LEASE_MS, TOMBSTONE_MS - 1, TOMBSTONE_MS, LEASE_MS + TOMBSTONE_MS]) {
      now = metAt + passed;
      await work(others);
      if (passed === LEASE_MS) for (const { late } of all) await late();
      const { docs } = await store.page(tasks, { orgId: '', order: 'asc', limit: 1_000 });
      const left =
        passed === LEASE_MS
          ? await leftBelow(
              store,
              all.map(({ key }) => key.id),
            )
          : [];
      problems.push(...left.map((one) => `${one} is left`));
      for (const one of all) {
        const mark = await markOf(one.key);
        const isTask = docs.some(({ targetId }) => targetId === one.key.id);
        const wrong = (what: string) =>
          problems.push(`one ${one.crash.fate} commit ${one.crash.commit}: ${what} after ${passed} ms`);
        if (mark && !isTask) wrong('nobody will sweep it');
        if (!mark && (one.sweptAt === null || now < Date.parse(one.sweptAt) + TOMBSTONE_MS)) wrong('its mark is gone');
        one.sweptAt ??= mark?.sweptAt ?? null;
        if (passed >= LEASE_MS && one.sweptAt === null) wrong('it is not swept');
        if (passed === LEASE_MS + TOMBSTONE_MS && (mark || isTask)) wrong('it is not over');
      }
    }
    return problems;
  }

  test('is taken up within a lease, and its mark outlives it by a minute, at whichever commit one dies or stalls', async () => {
    const [key] = await workspaces(1);
    const whole = await sweep(required(key), NEVER, 2);
    expect(await problemsOf([whole])).toEqual([]);
    const { written } = whole.process;
    expect(written.length).toBeGreaterThan(6);
    const crashes = written.flatMap((commit) => FATES.map((fate): Crash => ({ fate, commit })));
    const tried = crashes.filter((_, at) => Math.floor(at / FATES.length) % each[engine] === at % each[engine]);
    for (const turns of [1, 2]) {
      const these = tried.filter(({ commit }) => commit < whole.early === (turns === 1));
      const keys = await workspaces(these.length);
      const swept: Swept[] = [];
      for (const [at, crash] of these.entries()) swept.push(await sweep(required(keys[at]), crash, turns));
      expect(swept.filter(({ process }) => !process.isMet)).toEqual([]);
      expect(await problemsOf(swept)).toEqual([]);
    }
  });
});
