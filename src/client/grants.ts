import type { End } from './attempt.ts';
import type { Plane } from './plane.ts';
import type { Reports } from './reports.ts';
import {
  type Account,
  type Admitted,
  type Decision,
  type Failure,
  Refused,
  Rejected,
  type RouteContext,
  Unreachable,
  type Wired,
} from './types.ts';

/** Leave to call one target. */
export interface Grant<D extends Decision = Decision> {
  decision: D;
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
  ask(asked: Asked): Promise<Grant<Admitted>>;
  /** It was called, and answered well. */
  keep(context: RouteContext, grant: Grant<Admitted>): void;
  /** Whether the control plane knows of it. */
  report(grant: Grant, end: End): Promise<boolean>;
  /** It will not be used. */
  giveBack(grant: Grant): Promise<boolean>;
}

const KEPT_MAX = 1_000;
/** So long after it was away nobody waits for it who has another way. */
const AWAY_MS = 1_000;

export function targetOf({ provider_account_id, upstream_model }: Decision): string {
  return `${provider_account_id} ${upstream_model}`;
}

export function createGrants(options: Wired, plane: Plane, reports: Reports): Grants {
  const { clock, whenUnreachable, random } = options;
  const kept = new Map<string, { grant: Grant<Admitted>; untilMs: number }>();
  let awayUntilMs = 0;

  const report: Grants['report'] = async ({ decision, isKept, leaseMs }, { failure, latencyMs, tokens }) => {
    if (isKept) return true;
    const outcome = {
      success: failure === null,
      latency_ms: latencyMs,
      input_tokens: tokens.input,
      output_tokens: tokens.output,
      ...failure,
    };
    return reports.send({ decisionId: decision.decision_id, outcome, untilMs: clock.now() + leaseMs });
  };

  function lastGood({ context, tried }: Asked): Grant<Admitted> | null {
    const last = kept.get(keyOf(context));
    return last && clock.now() < last.untilMs && !tried.has(targetOf(last.grant.decision)) ? last.grant : null;
  }

  /** A decision that nobody waits for any more is given back. */
  async function decide(asked: Asked): Promise<Grant> {
    const { signal, context, retryOf } = asked;
    const deciding = granted({ ...context, ...(retryOf === null ? {} : { retry_of: retryOf }) });
    if (!signal) return deciding;
    return new Promise((resolve, reject) => {
      const gone = () => reject(signal.reason);
      if (signal.aborted) gone();
      else signal.addEventListener('abort', gone, { once: true });
      deciding
        .then((grant) => {
          if (signal.aborted && grant.decision.admitted) void giveBack(grant);
          resolve(grant);
        }, reject)
        .finally(() => signal.removeEventListener('abort', gone));
    });
  }

  async function granted(body: RouteContext & { retry_of?: string }): Promise<Grant> {
    const decision = await plane.decide(body);
    const leaseMs = decision.expires_at ? Date.parse(decision.expires_at) - Date.parse(decision.created_at) : 0;
    const grant: Grant = { decision, account: null, isKept: false, leaseMs };
    if (!isAdmitted(decision)) return grant;
    try {
      return { ...grant, account: await plane.account(decision.provider_account_id) };
    } catch (error) {
      void giveBack(grant);
      throw error;
    }
  }

  function giveBack(grant: Grant): Promise<boolean> {
    const failure: Failure = { error_class: 'aborted', retry_after_seconds: null };
    return report(grant, { failure, latencyMs: 0, tokens: { input: null, output: null } });
  }

  async function admitted(asked: Asked): Promise<Grant<Admitted>> {
    for (;;) {
      await reports.room(asked.signal);
      const grant = await decide(asked);
      const { decision } = grant;
      if (isAdmitted(decision)) return { ...grant, decision };
      const { refusal } = decision;
      if (!refusal) throw new Rejected(200, { message: 'a decision that neither admits nor says why' });
      const { retry_after: after } = refusal;
      if (after === null || !(await asked.pause(after * 1_000 + random() * 100)))
        throw new Refused({ ...decision, refusal });
    }
  }

  return {
    report,
    giveBack,
    async ask(asked) {
      const last = lastGood(asked);
      if (last && (clock.now() < awayUntilMs || reports.isFull())) return last;
      try {
        return await admitted(asked);
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        awayUntilMs = clock.now() + AWAY_MS;
        const known = lastGood(asked);
        if (known) return known;
        throw error;
      }
    },
    keep(context, grant) {
      if (whenUnreachable === 'fail' || grant.isKept) return;
      const key = keyOf(context);
      kept.delete(key);
      kept.set(key, { grant: { ...grant, isKept: true }, untilMs: clock.now() + whenUnreachable.use });
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size > KEPT_MAX) kept.delete(oldest);
    },
  };
}

function isAdmitted(decision: Decision): decision is Admitted {
  return decision.admitted;
}

/** What a decision depends on, without how large the request is. */
function keyOf(context: RouteContext): string {
  const { estimated_input_tokens, estimated_output_tokens, ...rest } = context;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
