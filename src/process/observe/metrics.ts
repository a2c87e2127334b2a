import { setTimeout as sleep } from 'node:timers/promises';
import { Registry } from '@prometheus-io/client';
import type { Reply } from '../../http/reply.ts';
import type { Meter } from '../../resource/meter.ts';
import type { Store } from '../../store/store.ts';
import { createInstruments, createSampled, type Instruments, zero } from './instruments.ts';
import { STORE_CALLS, type StoreCall, type StoreListener } from './observed-store.ts';
import { BREAKER_STATES, JOB_STATUSES, type Sample, takeSample } from './sample.ts';
import type { Spread } from './tallies.ts';
import type { Door, Visit } from './visit.ts';

export interface Metrics {
  meter: Meter;
  answered(visit: Visit, reply: Reply, refused: boolean, ms: number): void;
  stored: StoreListener;
  /** How many commits were made durable together. */
  grouped(size: number): void;
  registry: Registry;
}

/** All that a process has counted, as its client tells it. */
export type Snapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** How old what is read from the store may be when it is shown. */
const SAMPLE_MS = 15_000;
/** How long an answer waits for it: a store that is slow does not keep the rest from being read. */
const SAMPLE_PATIENCE_MS = 1_000;
/** Counters of one kind that are kept: more can come of a fault of ours alone. */
const CHILDREN_MAX = 5_000;

export function createMetrics({ store, now }: { store: Store; now: () => number }): Metrics {
  const registry = new Registry();
  const instruments = createInstruments(registry);
  zero(instruments);
  addSampled(registry, store, now);
  const children = childrenOf(instruments);
  const requests = requestsOf(instruments);
  const storeSeconds = storeSecondsOf(instruments);
  return {
    registry,
    meter: {
      decided: (code) => children.decisions(code === null ? 'admitted' : 'refused', code ?? '').inc(),
      reported: (result) => children.reports(result).inc(),
      streaming: (change) => instruments.streams.inc(change),
      delivered: (result) => children.deliveries(result).inc(),
    },
    answered({ door, operation }, reply, refused, ms) {
      const own = requests(door, operation);
      own.status(reply.status).inc();
      own.seconds.observe(ms / 1000);
      for (const code of reply.operation?.codes ?? []) children.graphqlErrors(code).inc();
      if (reply.status === 429) children.refusals('rate_limit').inc();
      if (refused) children.refusals('overload').inc();
    },
    stored(call, _, begunMs, failed) {
      storeSeconds[call].observe((performance.now() - begunMs) / 1000);
      if (failed) children.storeFailures(call).inc();
    },
    grouped: (size) => instruments.groupSize.observe(size),
  };
}

/** What is counted of the requests of one operation, found once for each. */
function requestsOf({ requests, requestSeconds }: Instruments) {
  const made = (door: Door, operation: string) => {
    const tallies = new Map<number, ReturnType<typeof requests.child>>();
    return {
      seconds: requestSeconds.child({ door, operation }),
      status(status: number) {
        const known = tallies.get(status);
        if (known) return known;
        const tally = requests.child({ door, operation, status: String(status) });
        tallies.set(status, tally);
        return tally;
      },
    };
  };
  const known: Record<Door, Map<string, ReturnType<typeof made>>> = {
    rest: new Map(),
    graphql: new Map(),
    other: new Map(),
  };
  return (door: Door, operation: string) => {
    const one = known[door].get(operation);
    if (one) return one;
    const first = made(door, operation);
    known[door].set(operation, first);
    return first;
  };
}

function storeSecondsOf({ storeSeconds }: Instruments) {
  return Object.fromEntries(STORE_CALLS.map((call) => [call, storeSeconds.child({ call })])) as Record<
    StoreCall,
    Spread
  >;
}

/** The children of each instrument, found once for each of their labels' values. */
function childrenOf(instruments: Instruments) {
  const { graphqlErrors, refusals, storeFailures, decisions, reports, deliveries } = instruments;
  return {
    graphqlErrors: kept(graphqlErrors),
    refusals: kept(refusals),
    storeFailures: kept(storeFailures),
    decisions: kept(decisions),
    reports: kept(reports),
    deliveries: kept(deliveries),
  };
}

function kept<C>(metric: { labels(...values: string[]): C }): (...values: string[]) => C {
  const children = new Map<string, C>();
  return (...values) => {
    const [only = '', ...others] = values;
    const key = others.length === 0 ? only : values.join('\n');
    const known = children.get(key);
    if (known) return known;
    const child = metric.labels(...values);
    if (children.size < CHILDREN_MAX) children.set(key, child);
    return child;
  };
}

/** Read at most once in a while and once at a time; a store that does not answer leaves what was read before. */
function addSampled(registry: Registry, store: Store, now: () => number): void {
  let taken: { at: number; done: Promise<void> } | null = null;
  const take = async () => show(await takeSample(store, now()));
  const gauges = createSampled(registry, () => {
    if (!taken || performance.now() - taken.at > SAMPLE_MS)
      taken = { at: performance.now(), done: take().catch(() => {}) };
    return Promise.race([taken.done, sleep(SAMPLE_PATIENCE_MS, undefined, { ref: false })]);
  });
  const show = ({ breakers, jobs }: Sample) => {
    for (const state of BREAKER_STATES) gauges.breakers.set({ state }, breakers[state]);
    for (const status of JOB_STATUSES) gauges.jobs.set({ status }, jobs[status]);
  };
}
