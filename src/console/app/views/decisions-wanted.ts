import type { DecisionRefusalCode } from '../graph/documents.generated.ts';
import type { Wanted } from '../graph/follow-decisions.ts';
import type { Asked } from '../parts/router.ts';

/** Why a request can be refused; complete, or it does not compile. */
const REFUSALS = {
  WORKSPACE_INACTIVE: true,
  NO_POLICY_MATCHED: true,
  MODEL_UNAVAILABLE: true,
  MODEL_NOT_ENTITLED: true,
  ENTITLEMENT_DISABLED: true,
  ENDPOINT_NOT_ALLOWED: true,
  STEP_TYPE_NOT_ALLOWED: true,
  PURPOSE_NOT_ALLOWED: true,
  REQUEST_TOO_LARGE: true,
  RATE_LIMITED: true,
  CONCURRENCY_EXCEEDED: true,
  QUOTA_EXCEEDED: true,
  CIRCUIT_OPEN: true,
  ACCOUNT_UNAVAILABLE: true,
} satisfies Record<DecisionRefusalCode, true>;
export const refusals = Object.keys(REFUSALS) as DecisionRefusalCode[];

/** The names under which an address asks for decisions. */
export const NAMES = ['workspace', 'policy', 'model', 'account', 'result', 'refusal', 'since', 'until'] as const;
export type Name = (typeof NAMES)[number];

/** What the address asks for; what it says that cannot be is passed over. */
export function wantedOf({ workspace, policy, model, account, result, refusal, since, until }: Asked): Wanted {
  return {
    ...(workspace && { workspaceId: workspace }),
    ...(policy && { policyId: policy }),
    ...(model && { logicalModelId: model }),
    ...(account && { providerAccountId: account }),
    ...(result === 'admitted' && { admitted: true }),
    ...(result === 'refused' && { admitted: false }),
    ...(isRefusal(refusal) && { refusalCode: refusal }),
    ...(momentOf(since) && { since: momentOf(since) }),
    ...(momentOf(until) && { until: momentOf(until) }),
  };
}

function isRefusal(word: string | undefined): word is DecisionRefusalCode {
  return word !== undefined && Object.hasOwn(REFUSALS, word);
}

/** A time of the clock on the wall, or an address's, as an address says it; '' where it is none. */
export function momentOf(text = ''): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/** The same as the clock on the wall shows it, for a control. */
export function wallTimeOf(moment: string): string {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
