import { createAppInput } from '../../nouns/apps/model.ts';
import { createApp } from '../../nouns/apps/repository.ts';
import { decide } from '../../nouns/decisions/decide.ts';
import { decideInput, reportOutcomeInput } from '../../nouns/decisions/model.ts';
import { reportOutcome } from '../../nouns/decisions/outcome.ts';
import { createEnvironmentInput } from '../../nouns/environments/model.ts';
import { createEnvironment } from '../../nouns/environments/repository.ts';
import { createLogicalModelInput } from '../../nouns/logical-models/model.ts';
import { createLogicalModel } from '../../nouns/logical-models/repository.ts';
import { grantModelEntitlementInput } from '../../nouns/model-entitlements/model.ts';
import { grantModelEntitlement } from '../../nouns/model-entitlements/repository.ts';
import { addThreadInput, createNamespaceInput } from '../../nouns/namespaces/model.ts';
import { createNamespace } from '../../nouns/namespaces/repository.ts';
import { addThread } from '../../nouns/namespaces/threads.ts';
import { createProviderAccountInput } from '../../nouns/provider-accounts/model.ts';
import { createProviderAccount } from '../../nouns/provider-accounts/repository.ts';
import { createRouterPolicyInput } from '../../nouns/router-policies/model.ts';
import { createRouterPolicy } from '../../nouns/router-policies/repository.ts';
import { createWorkspaceInput } from '../../nouns/workspaces/model.ts';
import { createWorkspace } from '../../nouns/workspaces/repository.ts';
import type { Context, Deps } from '../../resource/context.ts';
import { createOrg } from '../operator/orgs.ts';
import { createContext } from '../setup/context.ts';
import { ACCOUNTS, COMPANY, MODELS, POLICIES, REINDEXES, TEAMS } from './content.ts';
import { makeReindexes } from './reindexes.ts';

/** Makes the demo org, where no other is, through the same functions that every request runs; answers its token. */
export async function makeDemo(deps: Deps): Promise<string> {
  const { orgId, memberId, token } = await createOrg(deps, COMPANY, { isFirst: true });
  const principal = {
    orgId,
    actorId: memberId,
    tokenId: memberId,
    memberId,
    role: 'Admin',
    permissions: ['*:*'],
    workspaceIds: null,
    rateLimitPerMinute: null,
  };
  const ctx = () => createContext(deps, principal, deps.ids.next('req_'));
  await makeModels(ctx);
  const workspaceIds: string[] = [];
  const namespaceIds = new Map<string, string>();
  for (const team of TEAMS) workspaceIds.push(await makeTeam(ctx, orgId, team, namespaceIds));
  for (const policy of POLICIES) await createRouterPolicy(ctx(), createRouterPolicyInput.parse(policy));
  await makeTraffic(ctx, workspaceIds);
  await makeReindexes(ctx, namespaceIds);
  return token;
}

async function makeModels(ctx: () => Context): Promise<void> {
  const accounts = new Map<string, string>();
  for (const { key, quota, perMinute, ...account } of ACCOUNTS) {
    const limits = {
      quotaPolicy: { maxTokensPerMonth: quota },
      rateLimitPolicy: { requestsPerMinute: perMinute, maxConcurrency: 50, burstSize: 200 },
    };
    const { providerAccount } = await createProviderAccount(
      ctx(),
      createProviderAccountInput.parse({ ...account, ...limits }),
    );
    accounts.set(key, providerAccount.id);
  }
  for (const { id, targets, ...model } of MODELS) {
    const served = targets.map(([account, upstreamModel, weight]) => ({
      providerAccountId: accounts.get(account),
      upstreamModel,
      weight,
    }));
    await createLogicalModel(ctx(), createLogicalModelInput.parse({ ...model, logicalModelId: id, targets: served }));
  }
}

async function makeTeam(
  ctx: () => Context,
  orgId: string,
  { apps, models, ...team }: (typeof TEAMS)[number],
  namespaceIds: Map<string, string>,
): Promise<string> {
  const { workspace } = await createWorkspace(
    ctx(),
    createWorkspaceInput.parse({ ...team, tags: [...team.tags], organizationId: orgId, region: 'eu-central-1' }),
  );
  const workspaceId = workspace.id;
  const { environment } = await createEnvironment(
    ctx(),
    createEnvironmentInput.parse({ workspaceId, name: 'Production', isDefault: true }),
  );
  await createEnvironment(ctx(), createEnvironmentInput.parse({ workspaceId, name: 'Staging' }));
  for (const [logicalModelId, workspaceLimits] of Object.entries(models))
    await grantModelEntitlement(
      ctx(),
      grantModelEntitlementInput.parse({ workspaceId, logicalModelId, workspaceLimits }),
    );
  const embeddingModelId = Object.keys(models).find((id) => id.startsWith('text-embedding'));
  for (const { name, namespaces } of apps) {
    const { app } = await createApp(ctx(), createAppInput.parse({ workspaceId, name }));
    for (const title of namespaces) {
      const content = title === REINDEXES.running.namespace ? REINDEXES.running : null;
      const tags = content ? ['demo', content.tag] : ['demo'];
      const sourceIds = content?.sources;
      const fields = { appId: app.id, name: title, environmentId: environment.id, embeddingModelId, tags, sourceIds };
      const { namespace } = await createNamespace(ctx(), createNamespaceInput.parse(fields));
      namespaceIds.set(title, namespace.id);
      for (const thread of ['intake', 'review', 'archive'])
        await addThread(
          ctx(),
          addThreadInput.parse({
            namespaceId: namespace.id,
            threadId: `${title.toLowerCase().replaceAll(' ', '-')}-${thread}`,
          }),
        );
    }
  }
  return workspaceId;
}

/** Thirty requests, most of which went well: so that counters, usage and events have something to show. */
async function makeTraffic(ctx: () => Context, workspaceIds: string[]): Promise<void> {
  for (let at = 0; at < 30; at += 1) {
    const workspaceId = workspaceIds[at % workspaceIds.length];
    const request = {
      workspaceId,
      purpose: at % 2 ? 'draft' : 'answer',
      requiresVision: at % 7 === 0,
      estimatedInputTokens: 800,
      estimatedOutputTokens: 300,
    };
    const { decision } = await decide(ctx(), decideInput.parse(request));
    if (!decision.admitted) continue;
    const outcome =
      at % 10 === 9
        ? { success: false, errorClass: 'timeout', latencyMs: 9_000 }
        : { success: true, latencyMs: 400 + at * 20, inputTokens: 700 + at, outputTokens: 250 };
    await reportOutcome(ctx(), reportOutcomeInput.parse({ ...outcome, decisionId: decision.id }));
  }
}
