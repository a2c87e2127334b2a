import { setTimeout } from 'node:timers/promises';
import { decide } from '../../nouns/decisions/decide.ts';
import { type Decision, decideInput, decisions, reportOutcomeInput } from '../../nouns/decisions/model.ts';
import { reportOutcome } from '../../nouns/decisions/outcome.ts';
import { providerAccounts } from '../../nouns/provider-accounts/model.ts';
import { type Workspace, workspaces } from '../../nouns/workspaces/model.ts';
import type { Deps } from '../../resource/context.ts';
import { expected } from '../../words/expected.ts';
import { systemContext } from '../setup/system.ts';
import { OUTAGE, TRAFFIC } from './content.ts';

/** A request as often as a person can follow, its answer as long after. */
const PAUSE_MS = 750;
/** Who was heard of so lately is still sending. */
const BUSY_MS = 375;
/** An hour of it: a demo that nobody looks at any more does not fill the disk. */
const REQUESTS_MAX = 2_400;
/** As many of one request as a client would. */
const ATTEMPTS = 3;

export interface DemoTraffic {
  stop(): Promise<void>;
}

/**
 * Requests of the demo org, so that the console and the feed have something to show in the first minute. No provider is
 * called and nothing is paid: outcomes are made up. Of every 160 requests (four minutes) the 8th to the 30th meet an outage.
 */
export function startDemoTraffic(deps: Deps, orgId: string, sleep = sleepUnlessStopped): DemoTraffic {
  const stop = new AbortController();
  const ended = sendUntil(stop.signal, deps, orgId, () => sleep(PAUSE_MS, stop.signal));
  return {
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

async function sleepUnlessStopped(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal, ref: false }).catch(() => {});
}

async function sendUntil(signal: AbortSignal, deps: Deps, orgId: string, pause: () => Promise<void>): Promise<void> {
  for (let at = 0; at < REQUESTS_MAX; at += 1) {
    await pause();
    if (signal.aborted) return;
    try {
      if (await othersSend(deps, orgId)) await pause();
      else await send(deps, orgId, at, pause);
    } catch (err) {
      // Whatever people have made of the demo meanwhile: the next request may fare better.
      deps.log.debug({ err }, 'a request of the demo came to nothing');
    }
  }
}

/** A person, or another process on the same data, whose requests are enough to look at. */
async function othersSend({ store, now }: Deps, orgId: string): Promise<boolean> {
  const { docs } = await store.page(decisions.collection, { orgId, order: 'desc', limit: 1 });
  const [newest] = docs as Decision[];
  return newest !== undefined && now() - Date.parse(newest.createdAt) < BUSY_MS;
}

async function send(deps: Deps, orgId: string, at: number, pause: () => Promise<void>): Promise<void> {
  const isOutage = at % OUTAGE.every >= OUTAGE.from && at % OUTAGE.every <= OUTAGE.to;
  const kind = isOutage ? TRAFFIC[0] : pick(TRAFFIC, deps.random());
  const workspace = await workspaceOf(deps, orgId, kind.tag);
  if (!workspace) return;
  const { tag, ...asked } = kind;
  for (let [attempt, retryOf]: [number, string | null] = [1, null]; attempt <= ATTEMPTS; attempt += 1) {
    const request = decideInput.parse({ ...asked, workspaceId: workspace.id, endpointType: 'chat', retryOf });
    const { decision } = await decide(systemContext(deps, orgId), request);
    if (!decision.admitted) return;
    await pause();
    const outcome = outcomeOf(decision, isOutage && (await isDown(deps, decision)), deps.random);
    await reportOutcome(systemContext(deps, orgId), reportOutcomeInput.parse({ ...outcome, decisionId: decision.id }));
    if (outcome.success) return;
    retryOf = decision.id;
  }
}

function pick<T>(all: readonly T[], random: number): T {
  return expected(all[Math.floor(random * all.length)], 'thing to pick');
}

async function workspaceOf({ store }: Deps, orgId: string, tag: string): Promise<Workspace | undefined> {
  const { docs } = await store.page(workspaces.collection, { orgId, order: 'asc', limit: 10 });
  return (docs as Workspace[]).find(({ tags }) => tags.includes(tag));
}

async function isDown({ store }: Deps, { orgId, providerAccountId }: Decision): Promise<boolean> {
  if (providerAccountId === null) return false;
  const account = await store.get(providerAccounts.collection, { orgId, id: providerAccountId });
  return account?.name === OUTAGE.account;
}

function outcomeOf({ estimatedInputTokens, estimatedOutputTokens }: Decision, isDown: boolean, random: () => number) {
  if (isDown) return { success: false, errorClass: 'overloaded', latencyMs: 80 + Math.round(random() * 200) };
  // One in a hundred fails by itself; the longer the answer, and now and then for no reason, the later it comes.
  if (random() < 0.01) return { success: false, errorClass: 'timeout', latencyMs: 9_000 };
  const share = 0.6 + random() * 0.6;
  const slow = random() < 0.05 ? 4 : 1;
  return {
    success: true,
    latencyMs: Math.round((300 + estimatedOutputTokens * 4 * share) * (0.8 + random() * 0.6) * slow),
    inputTokens: Math.round(estimatedInputTokens * (0.8 + random() * 0.3)),
    outputTokens: Math.round(estimatedOutputTokens * share),
  };
}
