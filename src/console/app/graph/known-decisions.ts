import type { DecisionRowFragment as Decision } from './documents.generated.ts';

/** As many as are kept on the page. */
const KEPT = 500;

/** The newest decisions that are known, each as it was heard of last. */
export class KnownDecisions {
  #byId = new Map<string, Decision>();

  /** Takes what has been read or told. What is reported stays so, whatever an answer says that was on its way meanwhile. */
  take(decisions: readonly Decision[]): void {
    for (const decision of decisions)
      if (decision.outcome || !this.#byId.get(decision.id)?.outcome) this.#byId.set(decision.id, decision);
  }

  /** All that is known is too old to go on from. */
  forget(): void {
    this.#byId.clear();
  }

  /** Newest first. */
  newest(): Decision[] {
    const newest = [...this.#byId.values()].sort(byTime).slice(0, KEPT);
    this.#byId = new Map(newest.map((one) => [one.id, one]));
    return newest;
  }

  /** Those that are open and ought not to be, by the clock of this machine: that a decision expires is told by nobody. */
  overdue(nowMs: number): Decision[] {
    return [...this.#byId.values()].filter(
      ({ status, expiresAt }) => status === 'open' && expiresAt !== null && Date.parse(expiresAt) <= nowMs,
    );
  }
}

/** In the order of the list: by time, then id. */
function byTime(one: Decision, other: Decision): number {
  const [a, b] = [one, other].map(({ createdAt, decisionId }) => `${createdAt} ${decisionId}`) as [string, string];
  return a < b ? 1 : a > b ? -1 : 0;
}
