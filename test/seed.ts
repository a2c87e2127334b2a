import type { Tenant } from './harness.ts';
import { required } from './required.ts';

export interface Seeded {
  workspaceId: string;
  environmentId: string;
  appId: string;
  namespaceId: string;
  accountId: string;
  modelId: string;
  embeddingId: string;
  policyId: string;
  /** `/v1/orgs/…/workspaces/…` */
  workspace: string;
  app: string;
  namespace: string;
}

async function made(tenant: Tenant, path: string, body: unknown): Promise<Record<string, string>> {
  const answer = await tenant.rest('POST', path, body);
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** One of everything: workspace, environment, app, namespace, account, models, entitlement, policy. */
export async function seed(tenant: Tenant, name = 'Search'): Promise<Seeded> {
  const { base, orgId } = tenant;
  const { workspace_id: workspaceId } = await made(tenant, `${base}/workspaces`, { organization_id: orgId, name });
  const workspace = `${base}/workspaces/${workspaceId}`;
  const { environment_id: environmentId } = await made(tenant, `${workspace}/environments`, { name: 'Staging' });
  const { app_id: appId } = await made(tenant, `${workspace}/apps`, { name: 'Chat' });
  const { provider_account_id: accountId } = await made(tenant, `${base}/provider-accounts`, {
    name: 'OpenAI',
    provider_type: 'openai',
    credentials_ref: 'env:OPENAI_KEY',
  });
  const modelId = `chat-${name.toLowerCase()}`;
  const embeddingId = `embed-${name.toLowerCase()}`;
  const targets = [{ provider_account_id: accountId, upstream_model: 'gpt-4o' }];
  await made(tenant, `${base}/logical-models`, { logical_model_id: modelId, name: 'Chat', category: 'chat', targets });
  await made(tenant, `${base}/logical-models`, { logical_model_id: embeddingId, name: 'Embed', category: 'embedding' });
  await made(tenant, `${workspace}/model-entitlements`, { logical_model_id: modelId });
  const { policy_id: policyId } = await made(tenant, `${base}/router-policies`, {
    name: 'Default',
    match: {},
    route_to: modelId,
  });
  const app = `${workspace}/apps/${appId}`;
  const namespace = await made(tenant, `${app}/namespaces`, { name: 'Docs', environment_id: environmentId });
  const namespaceId = (namespace.namespace as unknown as { namespace_id: string }).namespace_id;
  return {
    workspaceId: required(workspaceId),
    environmentId: required(environmentId),
    appId: required(appId),
    namespaceId,
    accountId: required(accountId),
    modelId,
    embeddingId,
    policyId: required(policyId),
    workspace,
    app,
    namespace: `${app}/namespaces/${namespaceId}`,
  };
}

/** The parameters of addresses, by their names, that name seeded things. */
export function parametersOf(tenant: Tenant, seeded: Seeded): Record<string, string> {
  return {
    org_id: tenant.orgId,
    workspace_id: seeded.workspaceId,
    environment_id: seeded.environmentId,
    app_id: seeded.appId,
    namespace_id: seeded.namespaceId,
    provider_account_id: seeded.accountId,
    logical_model_id: seeded.modelId,
    policy_id: seeded.policyId,
  };
}

/** A row's address with the seeded things in its parameters; `absent` for those that the seed lacks. */
export function addressOf(path: string, tenant: Tenant, seeded: Seeded): string {
  const values = parametersOf(tenant, seeded);
  return path.replace(/\{([a-z_]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'absent'));
}
