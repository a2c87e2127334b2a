import type { Context } from '../../resource/context.ts';
import { find } from '../../resource/noun.ts';
import { allMatches } from '../../routing/match-index.ts';
import { type MatchContext, readContext, tagPairs } from '../../routing/matching.ts';
import { choose } from '../../routing/plan.ts';
import { type PolicyVerdict, verdictOf } from '../../routing/verdict.ts';
import { workspaces } from '../workspaces/model.ts';
import { gatherPolicies } from './gather.ts';
import type { RouterPolicy } from './model.ts';
import { settingsNow } from './settings.ts';

export interface TestMatch {
  matchedPolicies: RouterPolicy[];
  selectedPolicy: RouterPolicy | null;
  logicalModelId: string | null;
  explanation: () => Promise<PolicyVerdict<RouterPolicy>[]>;
}

/**
 * The workspace's tags stand in where the context brings none of its own. One that is absent, deleted or out of the
 * caller's reach is no workspace: policies that name it never match.
 */
async function completeContext(ctx: Context, input: Record<string, unknown>): Promise<MatchContext> {
  const context = readContext(input);
  const workspace = context.workspaceId === null ? null : await find(ctx, workspaces, context.workspaceId);
  const workspaceTags = context.workspaceTags ?? tagPairs(workspace?.tags ?? []);
  return { ...context, workspaceId: workspace?.id ?? null, workspaceTags };
}

/** Which policies would take a request and where the first that admits would send it; consumes nothing. */
export async function testMatch(ctx: Context, input: { context: Record<string, unknown> }): Promise<TestMatch> {
  const [settings, context] = await Promise.all([settingsNow(ctx), completeContext(ctx, input.context)]);
  const index = await settings.policies();
  const matches = allMatches(index, context).filter((policy) => policy.enabled);
  const selected = choose(await gatherPolicies(ctx, settings, matches));
  return {
    matchedPolicies: matches,
    selectedPolicy: selected?.policy ?? null,
    logicalModelId: selected?.modelId ?? null,
    explanation: async () => index.ranked.map((one) => verdictOf(one, context)),
  };
}
