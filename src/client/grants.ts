import type { End } from './attempt.ts';
import { unless } from './clock.ts';
import type { Plane } from './plane.ts';
import type { Reports } from './reports.ts';
import {
  type Account,
  type Admitted,
  type Decision,
  Refused,
  Rejected,
  type RouteContext,
  Unreachable,
  type Wired,
} from './types.ts';

/** Leave to call one target. */
export interface Grant {
  context: RouteContext;
  decision: Admitted;
  account: Account | null;
  /** Whether it is the last good one, of which nobody wants to hear. */
  isKept: boolean;
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

export interface Grants {
  /** A decision that admits, the last good one while nobody decides, or an error that says why not. */
  ask(asked: Asked): Promise<Grant>;
  /** Whether the control plane knows of it. What was answered well is kept. */
  report(grant: Grant, end: End): Promise<boolean>;
  /** It will not be used. */
  giveBack(grant: Grant): Promise<boolean>;
}

const KEPT_MAX = 1_000;
/** So long after it was away nobody waits for it who has another way. */
const AWAY_MS = 1_000;
const UNUSED: End = {
  failure: { error_class: 'aborted', retry_after_seconds: null },
  latencyMs: 0,
  tokens: { input: null, output: null },
};

export function targetOf({ decision: { provider_account_id, upstream_model } }: Grant): string {
  return `${provider_account_id} ${upstream_model}`;
}

export function createGrants({ clock, whenUnreachable, random }: Wired, plane: Plane, reports: Reports): Grants {
  const kept = new Map<string, { grant: Grant; untilMs: number }>();
  let awayUntilMs = 0;

  async function report(grant: Grant, { failure, latencyMs, tokens }: End): Promise<boolean> {
    if (grant.isKept) return true;
    if (!failure) keep(grant);
    const counts = { latency_ms: latencyMs, input_tokens: tokens.input, output_tokens: tokens.output };
    const outcome = { success: failure === null, ...counts, ...failure };
    return reports.send({ decisionId: grant.decision.decision_id, outcome, untilMs: clock.now() + grant.leaseMs });
  }

  const giveBack = (grant: Grant) => report(grant, UNUSED);

  function keep(grant: Grant): void {
    if (whenUnreachable === 'fail') return;
    const key = keyOf(grant.context);
    kept.delete(key);
    kept.set(key, { grant: { ...grant, isKept: true }, untilMs: clock.now() + whenUnreachable.use });
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size > KEPT_MAX) kept.delete(oldest);
  }

  function lastGood({ context, tried }: Asked): Grant | null {
    const last = kept.get(keyOf(context));
    return last && clock.now() < last.untilMs && !tried.has(targetOf(last.grant)) ? last.grant : null;
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

  async function withAccount(grant: Grant, signal: AbortSignal | undefined): Promise<Grant> {
    try {
      return { ...grant, account: await unless(signal, plane.account(grant.decision.provider_account_id)) };
    } catch (error) {
      void giveBack(grant);
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

function isAdmitted(decision: Decision): decision is Admitted {
  return decision.admitted;
}

function grantOf(context: RouteContext, decision: Admitted): Grant {
  const { created_at: from, expires_at: to } = decision;
  return { context, decision, account: null, isKept: false, leaseMs: to ? Date.parse(to) - Date.parse(from) : 0 };
}

/** What a decision depends on, without how large the request is. */
function keyOf(context: RouteContext): string {
  const { estimated_input_tokens, estimated_output_tokens, ...rest } = context;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
