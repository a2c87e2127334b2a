import { enumOf } from '../../graphql/expose.ts';
import type { FilteredList } from '../../graphql/nodes.ts';
import type { Clause } from '../../store/store.ts';
import { type Decision, refusalCode } from './model.ts';

export interface DecisionFilters {
  workspaceId?: string | null;
  policyId?: string | null;
  logicalModelId?: string | null;
  providerAccountId?: string | null;
  admitted?: boolean | null;
  refusalCode?: NonNullable<Decision['refusal']>['code'] | null;
  since?: string | null;
  until?: string | null;
}

/** Decisions with their filters; the same below the organization and at the root. */
export const decisionList: FilteredList<Decision, DecisionFilters> = {
  args: (t) => ({
    workspaceId: t.arg.id({ description: 'Only those that this workspace asked for.' }),
    policyId: t.arg.id({ description: 'Only those that this policy decided.' }),
    logicalModelId: t.arg.id({ description: 'Only those that chose this logical model.' }),
    providerAccountId: t.arg.id({ description: 'Only those that chose this account.' }),
    admitted: t.arg.boolean({ description: 'Only those that were admitted, or only those that were refused.' }),
    refusalCode: t.arg({ type: enumOf(refusalCode), description: 'Only those that were refused for this reason.' }),
    since: t.arg({ type: 'DateTime', description: 'Made from this moment on.' }),
    until: t.arg({ type: 'DateTime', description: 'Made before this moment.' }),
  }),
  list: ({ refusalCode: code, since, until, ...equal }: DecisionFilters) => {
    const where = whereOf({ since, until, ...equal });
    if (code != null) return { name: `decisions refused ${code}`, where, ref: `refusal:${code}` };
    return { name: 'decisions', where, totals: where.length === 0 ? [{ sign: 1 as const, where }] : undefined };
  },
};

const EQUAL = ['workspaceId', 'policyId', 'logicalModelId', 'providerAccountId', 'admitted'] as const;

/** The filters as conditions of a read, but for the reason of a refusal, which no column holds. */
export function whereOf({ since, until, ...equal }: DecisionFilters): Clause[] {
  const where: Clause[] = EQUAL.flatMap((field) => (equal[field] == null ? [] : [{ field, in: [equal[field]] }]));
  if (since != null) where.push({ field: 'createdAt', from: since });
  if (until != null) where.push({ field: 'createdAt', until });
  return where;
}

/** The same as a test, with that reason. */
export function passes({ refusalCode: code, since, until, ...equal }: DecisionFilters, decision: Decision): boolean {
  if (EQUAL.some((field) => equal[field] != null && equal[field] !== decision[field])) return false;
  if (since != null && decision.createdAt < since) return false;
  if (until != null && decision.createdAt >= until) return false;
  return code == null || decision.refusal?.code === code;
}
