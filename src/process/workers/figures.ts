import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../observe/metrics.ts';
import type { Channel } from './channel.ts';

/** How long a worker is waited for, which may itself wait a second for its store; of one that is late, what it said before is told. */
const PATIENCE_MS = 4_000;

type Metric = Snapshot[number];

/** What all workers have counted, those too that have gone: a counter never falls. */
export function createFigures() {
  const last = new Map<number, Snapshot>();
  let gone: Snapshot = [];
  const sum = async (snapshots: Snapshot[]) => {
    const { Registry } = await import('@prometheus-io/client');
    return Registry.aggregate(snapshots);
  };

  return {
    async gather(workers: Iterable<[slot: number, channel: Channel]>): Promise<string> {
      const ask = async ([slot, channel]: [number, Channel]) => {
        const late = sleep(PATIENCE_MS, null, { ref: false });
        const snapshot = await Promise.race([channel.ask('snapshot', null), late]);
        if (snapshot) last.set(slot, snapshot);
      };
      await Promise.all([...workers].map(ask));
      const named = [...last].map(([slot, snapshot]) => snapshot.map((metric) => ofWorker(slot, metric)));
      return (await sum([gone, ...named])).metrics();
    },
    /** Counted on without it; the figures of its process end. */
    async left(slot: number): Promise<void> {
      const counted = (last.get(slot) ?? []).filter((metric) => isCounted(metric) && !isOfProcess(metric));
      last.delete(slot);
      if (counted.length > 0) gone = await (await sum([gone, counted])).getMetricsAsJSON();
    },
  };
}

function isOfProcess({ name }: Metric): boolean {
  return /^(process|nodejs)_/.test(name);
}

/** By the names that the client has for its types. */
function isCounted({ type }: Metric): boolean {
  return String(type) === 'counter' || String(type) === 'histogram';
}

/** Figures of a process are told for each: a sum of their starts, or of the delays of their loops, says nothing. */
function ofWorker(slot: number, metric: Metric): Metric {
  if (!isOfProcess(metric)) return metric;
  const values = metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker: String(slot) } }));
  return { ...metric, aggregator: 'first', values } as Metric;
}
