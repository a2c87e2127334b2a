import type { End } from './attempt.ts';
import { unless } from './clock.ts';
import { Refused, Rejected, Unreachable } from './errors.ts';
import { createKept } from './kept.ts';
import type { Plane } from './plane.ts';
import type { Reports } from './reports.ts';
import type { Admitted, Decision, Route, RouteContext, Wired } from './types.ts';

/** Leave to call one target. */
export interface Grant {
  context: RouteContext;
  /** Without a decision it is the last good one, of which nobody wants to hear. */
  route: Omit<Route, 'attempt' | 'signal'>;
  leaseMs: number;
}

export interface Asked {
  context: RouteContext;
  retryOf: string | null;
  /** Targets that have failed this request. */
  tried: ReadonlySet<string>;
  signal: AbortSignal | undefined;
  /** Waits as long as it was told to; false: that would be too long. */
  pause(ms: number): Promise<boolean>;
}

const KEPT_MAX = 1_000;
/** So long after it was away nobody waits for it who has another way. */
const AWAY_MS = 1_000;
const UNUSED: End = {
  failure: { error_class: 'aborted', retry_after_seconds: null },
  latencyMs: 0,
  tokens: { input: null, output: null },
};

export function createGrants({ clock, whenUnreachable, random }: Wired, plane: Plane, reports: Reports) {
  const kept = createKept<Grant>(clock, KEPT_MAX);
  let awayUntilMs = 0;

  /** Whether the control plane knows of it. What was answered well is kept. */
  async function report(grant: Grant, { failure, latencyMs, tokens }: End): Promise<boolean> {
    const { context, route, leaseMs } = grant;
    if (route.decisionId === null) return true;
    if (!failure && whenUnreachable !== 'fail')
      kept.set(keyOf(context), { ...grant, route: { ...route, decisionId: null } }, whenUnreachable.use);
    const counts = { latency_ms: latencyMs, input_tokens: tokens.input, output_tokens: tokens.output };
    return reports.send(route.decisionId, { success: !failure, ...counts, ...failure }, clock.now() + leaseMs);
  }

  /** It will not be used. */
  const giveBack = (grant: Grant) => report(grant, UNUSED);

  function lastGood({ context, tried }: Asked): Grant | null {
    const last = kept.get(keyOf(context));
    return last && !tried.has(targetOf(last)) ? last : null;
  }

  /** A decision that nobody waits for any more is given back. */
  async function decide({ signal, context, retryOf }: Asked): Promise<Decision> {
    const deciding = plane.decide({ ...context, ...(retryOf !== null && { retry_of: retryOf }) });
    return unless(signal, deciding).catch((gone) => {
      const undo = (decision: Decision) => isAdmitted(decision) && giveBack(grantOf(context, decision));
      deciding.then(undo, () => {});
      throw gone;
    });
  }

  async function withAccount({ route, ...grant }: Grant, signal: AbortSignal | undefined): Promise<Grant> {
    try {
      const account = await unless(signal, plane.account(route.providerAccountId));
      const { provider_type: providerType = null, credentials_ref: credentialsRef = null } = account ?? {};
      return { ...grant, route: { ...route, providerType, credentialsRef } };
    } catch (error) {
      void giveBack({ ...grant, route });
      throw error;
    }
  }

  async function admitted(asked: Asked): Promise<Grant> {
    for (;;) {
      await reports.room(asked.signal);
      const decision = await decide(asked);
      if (isAdmitted(decision)) return withAccount(grantOf(asked.context, decision), asked.signal);
      const { refusal } = decision;
      if (!refusal) throw new Rejected(200, { message: 'a decision that neither admits nor says why' });
      const { retry_after: after } = refusal;
      if (after === null || !(await asked.pause(after * 1_000 + random() * 100)))
        throw new Refused({ ...decision, refusal });
    }
  }

  /** A decision that admits, the last good one while nobody decides, or an error that says why not. */
  async function ask(asked: Asked): Promise<Grant> {
    const isAway = clock.now() < awayUntilMs || reports.isFull();
    const last = isAway && lastGood(asked);
    if (last) return last;
    try {
      return await admitted(asked);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      awayUntilMs = clock.now() + AWAY_MS;
      const known = lastGood(asked);
      if (known) return known;
      throw error;
    }
  }

  return { ask, report, giveBack };
}

export function targetOf({ route: { providerAccountId, upstreamModel } }: Grant): string {
  return `${providerAccountId} ${upstreamModel}`;
}

function isAdmitted(decision: Decision): decision is Admitted {
  return decision.admitted;
}

function grantOf(context: RouteContext, decision: Admitted): Grant {
  const { created_at: from, expires_at: to } = decision;
  const route = {
    decisionId: decision.decision_id,
    logicalModelId: decision.logical_model_id,
    providerAccountId: decision.provider_account_id,
    upstreamModel: decision.upstream_model,
    providerType: null,
    credentialsRef: null,
  };
  return { context, route, leaseMs: to ? Date.parse(to) - Date.parse(from) : 0 };
}

/** What a decision depends on, without how large the request is. */
function keyOf(context: RouteContext): string {
  const { estimated_input_tokens, estimated_output_tokens, ...rest } = context;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
