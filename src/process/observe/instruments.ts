import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import { STORE_CALLS } from './observed-store.ts';
import { TalliedCounter, TalliedHistogram } from './tallies.ts';

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const STORE_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5];
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** How often the delay of the event loop is looked at, in milliseconds. */
const LOOP_PRECISION_MS = 20;

/** What is measured, each with its help; docs/metrics.md is made from it. No label holds an id, or a word that a caller chose. */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter<L>({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new TalliedHistogram({ name, help, labelNames, buckets, registers });
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  return {
    requests: new TalliedCounter({
      name: 'switchyard_requests_total',
      help: 'Requests that were answered, by door, operation and status.',
      labelNames: ['door', 'operation', 'status'],
      registers,
    }),
    requestSeconds: histogram(
      'switchyard_request_duration_seconds',
      'From the arrival of a request to its answer, by door and operation.',
      ['door', 'operation'],
      REQUEST_SECONDS,
    ),
    graphqlErrors: counter('switchyard_graphql_errors_total', 'Errors in answers of /graphql, by code.', ['code']),
    refusals: counter('switchyard_refusals_total', 'Requests refused for a rate limit, or for overload.', ['reason']),
    storeSeconds: histogram(
      'switchyard_store_call_duration_seconds',
      'What the store took, by call; commit waits for its turn and for the disk.',
      ['call'],
      STORE_SECONDS,
    ),
    storeFailures: counter('switchyard_store_call_failures_total', 'Calls of the store that it did not answer.', [
      'call',
    ]),
    groupSize: new Histogram({
      name: 'switchyard_store_commit_group_size',
      help: 'How many commits were made durable together.',
      buckets: GROUP_SIZES,
      registers,
    }),
    decisions: counter('switchyard_decisions_total', 'Decisions by outcome, and by code where they were refused.', [
      'outcome',
      'code',
    ]),
    reports: counter(
      'switchyard_decision_reports_total',
      'Outcomes reported for decisions: success, or what went wrong.',
      ['result'],
    ),
    deliveries: counter('switchyard_webhook_deliveries_total', 'Webhooks called, by how that ended.', ['result']),
    streams: new Gauge({ name: 'switchyard_streams', help: 'Streams of events that are open.', registers }),
  };
}

export type Instruments = ReturnType<typeof createInstruments>;

/** What is read from the store when somebody asks: the same whichever process of a group answers. */
export function createSampled(registry: Registry, sample: () => Promise<void>) {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[], collect?: () => Promise<void>) =>
    new Gauge<L>({ name, help, labelNames, registers: [registry], aggregator: 'max', collect });
  return {
    breakers: gauge(
      'switchyard_breakers',
      'Breakers of policies by state, one for each watched target.',
      ['state'],
      sample,
    ),
    jobs: gauge('switchyard_jobs', 'Jobs by status: those to be done, under way, and failed.', ['status'], sample),
  };
}

/** Counters that stand at 0 from the start, so that their first step is seen as one. */
export function zero({ refusals, storeFailures, decisions, deliveries }: Instruments): void {
  for (const reason of ['rate_limit', 'overload']) refusals.inc({ reason }, 0);
  for (const call of STORE_CALLS) storeFailures.inc({ call }, 0);
  decisions.inc({ outcome: 'admitted', code: '' }, 0);
  for (const result of ['delivered', 'failed']) deliveries.inc({ result }, 0);
}
