import { createSwitchyard, type Options, type RouteContext } from '../../src/client/index.ts';
import { type Harness, startHarness, type Tenant } from '../harness.ts';

export interface Setting {
  harness: Harness;
  tenant: Tenant;
  context: RouteContext;
  /** The accounts of the model's targets. */
  accounts: string[];
  decisions(): Promise<Decided[]>;
  client(options?: Partial<Options>): ReturnType<typeof createSwitchyard>;
}

export interface Decided {
  decision_id: string;
  status: string;
  provider_account_id: string | null;
  retry_of: string | null;
  outcome: Record<string, unknown> | null;
}

/** A workspace with a policy that routes to one model, with a target on each of so many accounts (`env:KEY_0` …). */
export async function startSetting(targets = 1, given: { account?: object; policy?: object } = {}): Promise<Setting> {
  const harness = await startHarness();
  return { harness, ...(await arrange(harness, targets, given)) };
}

export async function arrange(
  harness: Harness,
  targets: number,
  { account = {}, policy = {} }: { account?: object; policy?: object } = {},
): Promise<Omit<Setting, 'harness'>> {
  const tenant = await harness.org();
  const make = async (path: string, body: object) => {
    const made = await tenant.rest('POST', tenant.base + path, body);
    if (made.status !== 201) throw new Error(made.text);
    return made.body;
  };
  const { workspace_id } = await make('/workspaces', { organization_id: tenant.orgId, name: 'W' });
  const accounts: string[] = [];
  for (let at = 0; at < targets; at += 1)
    accounts.push(
      (
        await make('/provider-accounts', {
          ...{ name: `A${at}`, provider_type: 'openai', credentials_ref: `env:KEY_${at}` },
          ...account,
        })
      ).provider_account_id,
    );
  await make('/logical-models', {
    ...{ logical_model_id: 'm', name: 'm', category: 'chat' },
    targets: accounts.map((one) => ({ provider_account_id: one, upstream_model: 'gpt-4o-2024-11-20' })),
  });
  await make(`/workspaces/${workspace_id}/model-entitlements`, { logical_model_id: 'm' });
  await make('/router-policies', { name: 'P', match: {}, route_to: 'm', ...policy });
  return {
    tenant,
    context: { workspace_id },
    accounts,
    decisions: async () => (await tenant.rest('GET', `${tenant.base}/decisions?limit=200`)).body.decisions,
    client: (options = {}) => createSwitchyard({ url: harness.url, token: tenant.token, ...options }),
  };
}
