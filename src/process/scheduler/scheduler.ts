import type { Logger } from 'pino';
import { type Task, tasks } from '../../resource/task.ts';
import { type Store, StoreUnavailable } from '../../store/store.ts';
import { expected } from '../../words/expected.ts';
import { paired } from '../../words/paired.ts';
import { advanced, endOf, ignoringConflict, type Lease, LeaseLost, move } from './lease.ts';
import { createStranded } from './stranded.ts';
import { inTurn } from './turn-taking.ts';

/** `ended`: the work's own commit took the task away with it. */
export type Outcome = 'done' | 'ended' | { againInMs: number };
export type Work = (lease: Lease) => Promise<Outcome>;

export interface SchedulerOptions {
  store: Store;
  now: () => number;
  log: Logger;
  work: Readonly<Partial<Record<Task['kind'], Work>>>;
  /** Whose tasks: each desk has a scheduler of its own. */
  desk?: string;
  /** How much is done at once. */
  places?: number;
  /** And of one lane. */
  perLane?: number;
  /** Told whenever a place becomes free. */
  freed?: () => void;
}

export interface Scheduler {
  /** Takes what is due as long as there is a place for it, and begins it. */
  look(): Promise<void>;
  /** Calls everything off and gives it back. */
  stop(): Promise<void>;
  /** What is under way, by lane. */
  held(): ReadonlyMap<string, number>;
}

interface Running {
  task: Task;
  since: number;
  calledOff: AbortController;
  ended: Promise<void>;
}

/** Things done at once, and lanes looked at in one turn. */
export const PLACES = 16;
export const LEASE_MS = 30_000;
/** How long an org that holds nothing waits before one that holds most gives a place up. */
const PATIENCE_MS = 2_000;
const PAUSE_MAX_MS = 60_000;

/** Who fails is tried again after 1, 2, 4, 8 … s. */
function pauseAfter(tries: number): number {
  return Math.min(PAUSE_MAX_MS, 1_000 * 2 ** (tries - 1));
}

/** Shares the places of this process among the orgs; any number of processes share the tasks by their versions. */
export function createScheduler({
  store,
  now,
  log,
  work,
  desk: orgId = '',
  places = PLACES,
  perLane = places,
  freed = () => {},
}: SchedulerOptions): Scheduler {
  const running = new Map<string, Running>();
  const stopping = new AbortController();
  /** The lane that was served last: the next look begins behind it. */
  let served: string | null = null;
  let looking: Promise<void> = Promise.resolve();
  const iso = (inMs = 0) => new Date(now() + inMs).toISOString();
  const free = () => places - running.size;

  function held(): Map<string, number> {
    const lanes = new Map<string, number>();
    for (const { task } of running.values()) lanes.set(task.targetOrgId, (lanes.get(task.targetOrgId) ?? 0) + 1);
    return lanes;
  }

  async function lanesInTurn(): Promise<string[]> {
    const read = (after: string | null, limit: number) => store.lanes(tasks, { orgId, now: iso(), after, limit });
    const last = served;
    const behind = await read(last, places);
    if (last === null || behind.length === places) return behind;
    const first = (await read(null, places - behind.length)).filter((lane) => lane <= last);
    if (behind.length + first.length === 0) served = null;
    return [...behind, ...first];
  }

  /** Answers whether a further look may find more to begin. */
  async function take(): Promise<boolean> {
    const lanes = await lanesInTurn();
    const limit = free();
    const holding = held();
    const heldIn = (lane: string) => holding.get(lane) ?? 0;
    const due = await Promise.all(
      lanes.map((lane) => store.due(tasks, { orgId, lane, now: iso(), limit: limit + heldIn(lane) })),
    );
    const queues = paired(lanes, due).map(([lane, of]) => {
      // A lease that lapses while its work is under way here is not taken from oneself.
      const others = of.filter(({ id }) => !running.has(id));
      return { held: heldIn(lane), waiting: others.slice(0, Math.max(0, perLane - heldIn(lane))) };
    });
    const waiting = inTurn(queues);
    const wanted = waiting.slice(0, limit);
    const claims = await Promise.allSettled(
      wanted.map((task) => move(store, task, { dueAt: iso(LEASE_MS), held: true })),
    );
    // What is claimed is begun, whatever became of the other claims.
    for (const claim of claims) if (claim.status === 'fulfilled' && claim.value) begin(claim.value);
    const failed = claims.find((claim) => claim.status === 'rejected');
    if (failed) throw failed.reason;
    // What is lost to another process is no end: there may be more behind it.
    return wanted.length > 0 && free() > 0;
  }

  function begin(task: Task): void {
    served = task.targetOrgId;
    const calledOff = new AbortController();
    const signal = AbortSignal.any([calledOff.signal, stopping.signal]);
    const one: Running = { task, since: now(), calledOff, ended: Promise.resolve() };
    running.set(task.id, one);
    one.ended = run(one, signal)
      .catch((error: unknown) => log.warn({ err: error, task: task.id }, 'a task is left to the end of its lease'))
      .finally(() => {
        running.delete(task.id);
        freed();
      });
  }

  async function run(one: Running, signal: AbortSignal): Promise<void> {
    const lease: Lease = {
      get task() {
        return one.task;
      },
      signal,
      async renew() {
        const renewed = await move(store, one.task, { dueAt: iso(LEASE_MS) });
        if (!renewed) throw new LeaseLost();
        one.task = renewed;
      },
      async advance(cursor, commit) {
        const { doc, planned } = advanced(one.task, { cursor, dueAt: iso(LEASE_MS) });
        await commit(planned);
        one.task = doc;
      },
      end: () => endOf(one.task),
    };
    try {
      signal.throwIfAborted();
      const outcome = await expected(work[one.task.kind], `work of the kind ${one.task.kind}`)(lease);
      await settle(one.task, outcome);
    } catch (error) {
      await giveBack(one.task, error, signal);
    }
  }

  async function settle(task: Task, outcome: Outcome): Promise<void> {
    if (outcome === 'ended') return;
    if (outcome === 'done') await ignoringConflict(() => store.commit([endOf(task).change]));
    else await move(store, task, { dueAt: iso(outcome.againInMs), held: false });
  }

  async function giveBack(task: Task, error: unknown, signal: AbortSignal): Promise<void> {
    if (error instanceof LeaseLost) return;
    // Neither being called off nor a store that does not answer is a failure of the task.
    if (signal.aborted) await move(store, task, { dueAt: iso(), held: false });
    else if (error instanceof StoreUnavailable) throw error;
    else {
      const tries = task.tries + 1;
      log.warn({ err: error, task: task.id, kind: task.kind, tries }, 'background work failed; it is tried again');
      await move(store, task, { tries, dueAt: iso(pauseAfter(tries)), held: false });
    }
  }

  /** Where every place is taken and an org that holds none has waited, the org with most gives its longest up. */
  async function makeRoom(): Promise<void> {
    const holding = held();
    const [lane, most] = [...holding].reduce((a, b) => (b[1] > a[1] ? b : a));
    if (most < 2) return;
    const others = (await lanesInTurn()).filter((one) => !holding.has(one));
    const first = await Promise.all(others.map((one) => store.due(tasks, { orgId, lane: one, now: iso(), limit: 1 })));
    const isLate = first.flat().some(({ dueAt }) => dueAt <= iso(-PATIENCE_MS));
    const mine = [...running.values()].filter(({ task }) => task.targetOrgId === lane);
    if (isLate) mine.reduce((a, b) => (b.since < a.since ? b : a)).calledOff.abort();
  }

  const takeUpStranded = createStranded({ store, now, orgId, isHeld: ({ id }) => running.has(id) });

  async function look(): Promise<void> {
    await takeUpStranded();
    while (!stopping.signal.aborted && free() > 0) if (!(await take())) return;
    if (!stopping.signal.aborted && free() === 0) await makeRoom();
  }

  return {
    look() {
      looking = look();
      return looking;
    },
    async stop() {
      stopping.abort();
      // What it claims as this is said is begun, and given back.
      await looking.catch(() => {});
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
    held,
  };
}
