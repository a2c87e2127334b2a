import { firstVersion } from '../resource/new-doc.ts';
import type { Rule } from '../store/rule.ts';
import { type Result, targetKey } from './breaker.ts';
import { type PlanRequest, planRetry } from './plan.ts';
import { NO_TARGETS, targetOf } from './policy-breaker.ts';
import { type BreakerInput, breakerAdmit, breakerEvents, breakerRecord } from './rules.ts';
import { answerOf, type ProviderAnswer, type Scenario } from './scenario.ts';
import { type SimulatedWorld, simulatedWorld, TROUBLED } from './simulated-world.ts';
import type { PolicyBreaker, TargetBreaker } from './state.ts';
import { breakerIn, watchedBy } from './world.ts';

export interface Played {
  requests: number;
  succeeded: number;
  /** Calls to a provider that failed. */
  wasted: number;
  /** From a request's arrival to its last answer. */
  p95Ms: number;
  /** From the beginning of the trouble until its target opened or rested, and from its end until that one was closed again; null: never. */
  detectedSeconds: number | null;
  recoveredSeconds: number | null;
  timeline: { atMs: number; target: string; state: string }[];
}

/** Plays the scenario in virtual time, with and without the breaker, by the plan and the rules that decide in production. */
export function simulate(scenario: Scenario): { withBreaker: Played; without: Played } {
  return { withBreaker: play(scenario, true), without: play(scenario, false) };
}

/** A caller's request: it is tried again, with `retry_of`, until it succeeds, is refused or its attempts are used up. */
interface Call {
  id: string;
  arrivedMs: number;
  attempts: number;
  failedTargets: ReadonlySet<string>;
}

interface UnderWay {
  endsMs: number;
  call: Call;
  answer: ProviderAnswer;
  target: string;
  /** null: no breaker watches it. */
  watched: { generation: number; decidedMs: number } | null;
}

function play(scenario: Scenario, useBreaker: boolean): Played {
  const random = mulberry32(scenario.seed);
  const played = { requests: 0, succeeded: 0, wasted: 0, timeline: [] as Played['timeline'] };
  const durations: number[] = [];
  const underWay: UnderWay[] = [];
  let world = simulatedWorld(scenario);

  const goTo = (nowMs: number) => {
    const next = { ...world, nowMs };
    played.timeline.push(...transitions(world, next));
    world = next;
  };
  const end = (call: Call, success: boolean) => {
    durations.push(world.nowMs - call.arrivedMs);
    if (success) played.succeeded += 1;
  };
  const attempt = (call: Call) => {
    const { planned } = planRetry(world, requestOf(call), random);
    if (!planned.admitted) return end(call, false);
    const target = targetKey(planned.admitted.target);
    const watched = useBreaker && planned.breaker ? { ...planned.breaker, decidedMs: world.nowMs } : null;
    if (watched) world = ruled(world, breakerAdmit, { target, decisionId: idOf(call), generation: watched.generation });
    const answer = answerOf(scenario, planned.admitted.account.id === TROUBLED, world.nowMs, random());
    insertInOrder(underWay, { endsMs: world.nowMs + answer.latencyMs, call, answer, target, watched });
  };
  const settle = ({ call, answer, target, watched }: UnderWay) => {
    if (watched) {
      const { success, latencyMs, retryAfterMs } = answer;
      const rests = retryAfterMs !== null;
      const result: Result = { decisionId: idOf(call), ...watched, success, latencyMs, retryAfterMs, rests };
      const before = world;
      world = ruled(world, breakerRecord, { target, result });
      played.timeline.push(...transitions(before, world));
    }
    if (answer.success) return end(call, true);
    played.wasted += 1;
    const failedTargets = new Set([...call.failedTargets, target]);
    if (call.attempts === scenario.attempts) return end(call, false);
    attempt({ ...call, attempts: call.attempts + 1, failedTargets });
  };

  const arrivals = Math.ceil(scenario.seconds * scenario.requests_per_second);
  while (played.requests < arrivals || underWay.length > 0) {
    const arrivesMs = Math.round((played.requests * 1000) / scenario.requests_per_second);
    const [first] = underWay;
    if (first && (played.requests >= arrivals || first.endsMs <= arrivesMs)) {
      underWay.shift();
      goTo(first.endsMs);
      settle(first);
    } else {
      goTo(arrivesMs);
      played.requests += 1;
      attempt({ id: String(played.requests), arrivedMs: arrivesMs, attempts: 1, failedTargets: new Set() });
    }
  }
  return { ...played, p95Ms: percentile(durations, 0.95), ...reactionOf(scenario, played.timeline) };
}

function idOf({ id, attempts }: Call): string {
  return `${id}.${attempts}`;
}

const ANY = { stepType: null, endpointType: null, endpointId: null, purpose: null, expectedParallelism: null };
const NO_DEMANDS = { requiresStreaming: null, requiresFunctionCalling: null, requiresVision: null };

function requestOf({ failedTargets }: Call): PlanRequest {
  return {
    context: { ...ANY, ...NO_DEMANDS, tags: {}, workspaceTags: null },
    estimate: { inputTokens: 0, outputTokens: 0 },
    requestedModelId: null,
    passedOver: failedTargets,
  };
}

/** The world after a commit of one rule over the policy's breaker. */
function ruled<I>(world: SimulatedWorld, rule: Rule<PolicyBreaker, BreakerInput & I>, input: I): SimulatedWorld {
  const [policy] = world.matches;
  const watched = watchedBy(policy, world);
  const eventIds = Array.from({ length: breakerEvents(watched.targets) }, () => '');
  const now = new Date(world.nowMs).toISOString();
  const given = { orgId: 'org', policyId: policy.id, ...watched, nowMs: world.nowMs, eventIds, ...input };
  const before = world.breakers.get(policy.id) ?? null;
  const answer = rule.run(before, given, now);
  if ('refused' in answer) throw new Error('a rule refused what was just planned');
  const base = before ?? { ...firstVersion({ orgId: 'org', id: policy.id }, now, null), ...NO_TARGETS };
  return { ...world, breakers: new Map([[policy.id, { ...base, ...answer.next }]]) };
}

function transitions(before: SimulatedWorld, after: SimulatedWorld): Played['timeline'] {
  const [from, to] = [breakerIn(before.matches[0], before), breakerIn(after.matches[0], after)];
  const moved = Object.keys(to.targets).flatMap((target) => {
    const state = shown(targetOf(to, target), after.nowMs);
    return state === shown(targetOf(from, target), before.nowMs) ? [] : [{ atMs: after.nowMs, target, state }];
  });
  return to.latched && !from.latched ? [...moved, { atMs: after.nowMs, target: 'policy', state: 'latched' }] : moved;
}

function shown({ state, restUntil }: TargetBreaker, nowMs: number): string {
  return state !== 'open' && restUntil > nowMs ? 'resting' : state;
}

function reactionOf({ trouble, seconds }: Scenario, timeline: Played['timeline']) {
  const begins = Math.min(...trouble.map(({ from }) => from)) * 1000;
  const ends = Math.max(...trouble.map(({ until = seconds }) => until)) * 1000;
  const own = timeline.filter(({ target }) => target.startsWith(`${TROUBLED}|`));
  const opened = own.find(({ atMs, state }) => atMs >= begins && ['open', 'resting'].includes(state));
  const last = own.at(-1);
  return {
    detectedSeconds: opened ? (opened.atMs - begins) / 1000 : null,
    recoveredSeconds: opened && last?.state === 'closed' ? Math.max(0, last.atMs - ends) / 1000 : null,
  };
}

function insertInOrder(underWay: UnderWay[], one: UnderWay): void {
  const at = underWay.findLastIndex(({ endsMs }) => endsMs <= one.endsMs);
  underWay.splice(at + 1, 0, one);
}

function percentile(values: number[], share: number): number {
  const sorted = values.sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** A small seeded generator: the same scenario always plays the same. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
