import type { Context } from '../../resource/context.ts';
import { find } from '../../resource/noun.ts';
import { allMatches } from '../../routing/match-index.ts';
import { actualOf, firstFailing, type MatchContext, readContext, tagPairs } from '../../routing/matching.ts';
import { choose } from '../../routing/plan.ts';
import { gatherPolicies } from '../../routing/world.ts';
import { workspaces } from '../workspaces/model.ts';
import { policyIndex } from './cache.ts';
import type { RouterPolicy } from './model.ts';

export interface PolicyExplanation {
  policy: RouterPolicy;
  matched: boolean;
  /** The first condition that failed; null for a match, and for a disabled policy. */
  field: string | null;
  expected: string | boolean | null;
  actual: string | boolean | null;
}

export interface TestMatch {
  matchedPolicies: RouterPolicy[];
  selectedPolicy: RouterPolicy | null;
  logicalModelId: string | null;
  explanation: () => Promise<PolicyExplanation[]>;
}

/** The workspace's tags stand in where the context brings none of its own. */
export async function completeContext(ctx: Context, input: Record<string, unknown>): Promise<MatchContext> {
  const context = readContext(input);
  if (context.workspaceTags !== null) return context;
  const workspace = context.workspaceId === null ? null : await find(ctx, workspaces, context.workspaceId);
  return { ...context, workspaceTags: tagPairs(workspace?.tags ?? []) };
}

/** Which policies would take a request and where the first that admits would send it; consumes nothing. */
export async function testMatch(ctx: Context, input: { context: Record<string, unknown> }): Promise<TestMatch> {
  const context = await completeContext(ctx, input.context);
  const index = await policyIndex(ctx);
  const matches = allMatches(index, context).filter((policy) => policy.enabled);
  const selected = choose(await gatherPolicies(ctx, matches));
  return {
    matchedPolicies: matches,
    selectedPolicy: selected?.policy ?? null,
    logicalModelId: selected?.modelId ?? null,
    explanation: async () =>
      index.ranked.map(({ policy, conditions }) => {
        const failed = policy.enabled ? firstFailing(conditions, context) : null;
        return {
          policy,
          matched: policy.enabled && failed === null,
          field: failed?.field ?? (policy.enabled ? null : 'enabled'),
          expected: failed?.expected ?? (policy.enabled ? null : true),
          actual: failed ? actualOf(failed, context) : policy.enabled ? null : false,
        };
      }),
  };
}
