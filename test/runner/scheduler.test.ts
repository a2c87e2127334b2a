import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Lease } from '../../src/process/scheduler/lease.ts';
import { createScheduler, LEASE_MS, type Outcome, PLACES } from '../../src/process/scheduler/scheduler.ts';
import { type Task, tasks } from '../../src/resource/task.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';
import { describeEngines, type Opened, openEngine } from '../harness.ts';
import { required } from '../required.ts';

/** Seconds until what has failed so often is tried again. */
const PAUSES = [1, 2, 4, 8, 16, 32, 60, 60];

/** One thing under way in one process of the model. */
interface Held {
  task: Task;
  process: number;
  until: number;
  finish(outcome: Outcome | Error): void;
}

/** A world of processes that share one store, with a clock of its own. */
function createWorld(store: Store, processes: number) {
  let now = Date.parse('2031-05-01T12:00:00.000Z');
  let count = 0;
  const prefix = `task_${crypto.randomUUID().slice(0, 8)}`;
  const pending = new Set<string>();
  const held = new Set<Held>();
  /** The earliest moment at which a task may begin. */
  const notBefore = new Map<string, number>();
  const problems: string[] = [];
  let freed = 0;

  const work = (process: number) => (lease: Lease) =>
    new Promise<Outcome>((resolve, reject) => {
      const { task } = lease;
      if (!pending.has(task.id)) problems.push(`${task.id} is done already`);
      for (const other of held)
        if (other.task.id === task.id && other.until > now) problems.push(`${task.id} is held by two`);
      if ((notBefore.get(task.id) ?? 0) > now) problems.push(`${task.id} begins before its time`);
      const one: Held = {
        task,
        process,
        until: now + LEASE_MS,
        finish(outcome) {
          held.delete(one);
          if (outcome instanceof Error) reject(outcome);
          else resolve(outcome);
        },
      };
      held.add(one);
      lease.signal.addEventListener('abort', () => one.finish(new Error('called off')));
    });
  const open = (process: number) =>
    createScheduler({
      store,
      now: () => now,
      log: pino({ level: 'silent' }),
      work: { provision: work(process), sweep: work(process), reindex: work(process), adopt: work(process) },
      freed: () => {
        freed += 1;
      },
    });
  const schedulers = Array.from({ length: processes }, (_, at) => open(at));
  const settled = async (change: () => void, by: number) => {
    const before = freed;
    change();
    while (freed < before + by) await nextTurn();
  };

  return {
    problems,
    pending,
    held,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
    async add(lane: string, many: number) {
      const at = new Date(now).toISOString();
      const docs = Array.from({ length: many }, (): Task => {
        count += 1;
        return {
          ...{ id: `${prefix}_${String(count).padStart(6, '0')}`, orgId: '', version: 1, createdAt: at, updatedAt: at },
          ...{ createdBy: null, kind: 'provision', targetOrgId: lane, targetId: 'x', dueAt: at, held: false, tries: 0 },
          ...{ jobId: null, cursor: null },
        };
      });
      for (const doc of docs) pending.add(doc.id);
      await store.commit(docs.map((doc) => ({ type: 'insert', in: tasks, doc })));
    },
    look: (process: number) => required(schedulers[process]).look(),
    heldBy: (process: number) => required(schedulers[process]).held(),
    /** As the process itself tells it: the task is done, has failed, or is to go on later. */
    async finish(one: Held, outcome: Outcome | Error) {
      const isCurrent = one.until > now || (await store.get(tasks, one.task))?.version === one.task.version;
      await settled(() => one.finish(outcome), 1);
      if (!isCurrent) return;
      if (outcome === 'done') pending.delete(one.task.id);
      else if (outcome instanceof Error)
        notBefore.set(one.task.id, now + required(PAUSES[Math.min(one.task.tries, PAUSES.length - 1)]) * 1_000);
      else if (outcome !== 'ended') notBefore.set(one.task.id, now + outcome.againInMs);
    },
    /** Killed: nothing of it is heard of again. */
    die(process: number) {
      for (const one of held) {
        if (one.process !== process) continue;
        held.delete(one);
        notBefore.set(one.task.id, one.until);
      }
      schedulers[process] = open(process);
    },
    stop: () => Promise.all(schedulers.map((scheduler) => scheduler.stop())),
  };
}
type World = ReturnType<typeof createWorld>;

type Commit = Store['commit'];

/** A store of whose commits, counted from where it is told to begin, one hears. */
function wrapped(store: Store, meet: (commit: () => ReturnType<Commit>, at: number) => ReturnType<Commit>) {
  let count = Number.NEGATIVE_INFINITY;
  const commit: Commit = (changes) => {
    count += 1;
    return count >= 0 ? meet(() => store.commit(changes), count) : store.commit(changes);
  };
  const proxy = new Proxy(store, {
    get(target, name) {
      if (name === 'commit') return commit;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return {
    store: proxy,
    begin() {
      count = -1;
    },
  };
}

const LANES = ['org_a', 'org_b', 'org_c', 'org_d', 'org_e'];
const PROCESSES = 2;
const process = fc.nat(PROCESSES - 1);
const stepOf = (many: number) =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        lane: fc.nat(LANES.length - 1),
        many: fc.integer({ min: 1, max: many }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('look' as const), process }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('all look' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('finish' as const),
        which: fc.nat(),
        how: fc.constantFrom('done', 'fail', 'again'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(100, 1_000, 5_000, LEASE_MS + 1) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), process }) },
  );
type Step = ReturnType<typeof stepOf> extends fc.Arbitrary<infer S> ? S : never;
const SIZE = { sqlite: { runs: 40, steps: 60, many: 30 }, mongodb: { runs: 3, steps: 20, many: 12 } };
const OUTCOMES = { done: 'done', fail: new Error('it failed'), again: { againInMs: 7_000 } } as const;

describeEngines('the scheduler of tasks', (engine) => {
  let opened: Opened;
  let store: Store;
  beforeAll(async () => {
    opened = await openEngine(engine);
    store = opened.store;
  });
  afterAll(() => opened.close());

  const due = async (world: World, lane: string) =>
    store.due(tasks, { orgId: '', lane, now: new Date(world.now()).toISOString(), limit: PLACES + 1 });

  const allDue = async (world: World) => (await Promise.all(LANES.map((lane) => due(world, lane)))).flat();

  /**
   * Looks, and then nobody who has waited since before holds less than another by more than one that was begun just now. What another
   * process gives back meanwhile has not waited.
   */
  async function lookAndCheck(world: World, process: number) {
    const before = new Map(world.heldBy(process));
    const waited = new Set((await allDue(world)).map(({ id }) => id));
    await world.look(process);
    const after = world.heldBy(process);
    const grown = [...after].filter(([lane, many]) => many > (before.get(lane) ?? 0)).map(([, many]) => many);
    const most = Math.max(0, ...grown);
    const own = new Set([...world.held].filter((one) => one.process === process).map(({ task }) => task.id));
    const waiting = new Set(
      (await allDue(world)).filter(({ id }) => waited.has(id) && !own.has(id)).map(({ targetOrgId }) => targetOrgId),
    );
    for (const lane of waiting)
      if ((after.get(lane) ?? 0) < most - 1)
        world.problems.push(`${lane} holds ${after.get(lane) ?? 0} while another grew to ${most}`);
    const all = [...after.values()].reduce((sum, one) => sum + one, 0);
    if (all > PLACES) world.problems.push(`${all} at once`);
  }

  async function run(world: World, steps: readonly Step[]) {
    for (const one of steps) {
      if (one.do === 'add') await world.add(required(LANES[one.lane]), one.many);
      if (one.do === 'pass') world.pass(one.ms);
      if (one.do === 'die') world.die(one.process);
      if (one.do === 'look') await lookAndCheck(world, one.process);
      // Each reads what is due before any of them has claimed it.
      if (one.do === 'all look') await Promise.all(Array.from({ length: PROCESSES }, (_, at) => world.look(at)));
      const finishing = one.do === 'finish' && [...world.held][one.which % Math.max(1, world.held.size)];
      if (finishing) await world.finish(finishing, OUTCOMES[one.how as keyof typeof OUTCOMES]);
    }
  }

  /** With nobody failing any more, all that is left is done. */
  async function drain(world: World) {
    for (let rounds = 0; world.pending.size > 0 && rounds < 500; rounds += 1) {
      for (let at = 0; at < PROCESSES; at += 1) await world.look(at);
      for (const one of [...world.held]) await world.finish(one, 'done');
      world.pass(2_000);
    }
  }

  test('nothing is held by two or lost, pauses are kept and shares level, whatever fails and whoever dies', async () => {
    const { runs, steps: length, many } = SIZE[engine];
    await fc.assert(
      fc.asyncProperty(fc.array(stepOf(many), { minLength: 10, maxLength: length }), async (steps) => {
        const world = createWorld(store, PROCESSES);
        await run(world, steps);
        await drain(world);
        expect([...world.pending]).toEqual([]);
        expect(world.problems).toEqual([]);
        expect(await store.lanes(tasks, { orgId: '', now: '9999', after: null, limit: 10 })).toEqual([]);
      }),
      { numRuns: runs, endOnFailure: true },
    );
  });

  test('what failed is tried again after 1, 2, 4, 8 … s, and not before; after a minute at most', async () => {
    const world = createWorld(store, PROCESSES);
    await world.add('org_a', 1);
    for (const seconds of PAUSES) {
      await world.look(0);
      expect(world.held.size).toBe(1);
      for (const one of [...world.held]) await world.finish(one, OUTCOMES.fail);
      world.pass(seconds * 1_000 - 1);
      await world.look(0);
      expect([seconds, world.held.size]).toEqual([seconds, 0]);
      world.pass(1);
    }
    await drain(world);
    expect(world.problems).toEqual([]);
  });

  test('what a process has under way is not taken by itself again when its lease lapses, and hides nothing else', async () => {
    const world = createWorld(store, 1);
    await world.add('org_a', PLACES - 1);
    await world.look(0);
    const first = [...world.held];
    world.pass(LEASE_MS + 1);
    await world.add('org_a', 1);
    await world.look(0);
    const [last, ...more] = [...world.held].filter((one) => !first.includes(one));
    expect([last?.task.tries, more]).toEqual([0, []]);
    expect(world.heldBy(0)).toEqual(new Map([['org_a', PLACES]]));
    for (const one of [...world.held]) await world.finish(one, 'done');
    await drain(world);
    expect([...world.pending]).toEqual([]);
    expect(world.problems).toEqual([]);
  });

  test('what is claimed is begun, whatever becomes of other claims', async () => {
    const flaky = wrapped(store, async (commit, at) => {
      if (at === 1) throw new StoreUnavailable('a claim was not answered');
      return commit();
    });
    const world = createWorld(flaky.store, PROCESSES);
    await world.add('org_a', 3);
    flaky.begin();
    await expect(world.look(0)).rejects.toThrow('a claim was not answered');
    expect(world.held.size).toBe(2);
    world.pass(LEASE_MS);
    await drain(world);
    expect(world.problems).toEqual([]);
  });

  test('what is claimed while the process is told to stop is given back', async () => {
    const { promise: isClaiming, resolve: claiming } = Promise.withResolvers<void>();
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const slow = wrapped(store, async (commit) => {
      const committed = await commit();
      claiming();
      await goesOn;
      return committed;
    });
    const world = createWorld(slow.store, 1);
    await world.add('org_a', 1);
    slow.begin();
    const looking = world.look(0);
    await isClaiming;
    const stopped = world.stop();
    goOn();
    await Promise.all([looking, stopped]);
    expect(await due(world, 'org_a')).toMatchObject([{ held: false, tries: 0 }]);
    await store.commit((await due(world, 'org_a')).map((key) => ({ type: 'remove', in: tasks, key })));
  });

  test('an org that holds nothing gets a place in seconds while all are taken by calls that hang', async () => {
    const world = createWorld(store, 1);
    await world.add('org_a', 50);
    await world.look(0);
    expect(world.heldBy(0)).toEqual(new Map([['org_a', PLACES]]));
    await world.add('org_b', 1);
    await world.look(0);
    expect(world.heldBy(0).get('org_b')).toBeUndefined();
    world.pass(3_000);
    await world.look(0);
    while (world.heldBy(0).get('org_a') === PLACES) await nextTurn();
    await world.look(0);
    expect(world.heldBy(0)).toEqual(
      new Map([
        ['org_a', PLACES - 1],
        ['org_b', 1],
      ]),
    );
    // What was called off for it has not failed.
    await world.stop();
    const left = await store.due(tasks, { orgId: '', lane: 'org_a', now: '9999', limit: 100 });
    expect(left.map(({ tries }) => tries)).toEqual(Array.from({ length: 50 }, () => 0));
    expect(new Set(left.map(({ dueAt }) => Date.parse(dueAt) <= world.now()))).toEqual(new Set([true]));
  });
});
