import type { z } from 'zod';
import type { Finding } from '../../graphql/mutations.ts';
import type { Context } from '../../resource/context.ts';
import { newDoc } from '../../resource/new-doc.ts';
import { mergePatch } from '../../resource/patch.ts';
import { reach } from '../../resource/path.ts';
import { unreferenced } from '../../resource/references.ts';
import { checkVersion } from '../../resource/version.ts';
import { insertion, type Planned, removal, save, update, withRetry } from '../../resource/write.ts';
import { type MonthUsage, observedOf, usageIn } from '../../routing/account.ts';
import { periodOf } from '../../routing/limits.ts';
import { accountMeterId, meters } from '../../routing/state.ts';
import { apply } from '../../store/rule.ts';
import { invalid, valueError } from '../../words/errors.ts';
import { forgetHealth } from './health-rules.ts';
import {
  type AccountHealth,
  accountHealth,
  type createProviderAccountInput,
  type deleteProviderAccountInput,
  type ProviderAccount,
  providerAccounts,
  type updateProviderAccountInput,
} from './model.ts';
import { statusOf } from './rules.ts';

/** `bridge` needs to know which bridge, and which of its endpoints. */
export function bridgeFindings(account: Partial<ProviderAccount>): Finding[] {
  if (account.routingMode !== 'bridge') return [];
  return (['bridgeId', 'bridgeEndpointName'] as const)
    .filter((field) => !account[field])
    .map((field) => ({ path: [field], message: 'needed when routing_mode is bridge' }));
}

export function createProviderAccount(ctx: Context, input: z.output<typeof createProviderAccountInput>) {
  return withRetry(async () => {
    const providerAccount = newDoc(ctx, providerAccounts, ctx.deps.ids.next('pa_'), input, {});
    return save(ctx, insertion(ctx, providerAccounts, providerAccount), { providerAccount });
  });
}

export function updateProviderAccount(ctx: Context, input: z.output<typeof updateProviderAccountInput>) {
  return update(
    ctx,
    providerAccounts,
    async () => reach(ctx, [], providerAccounts, input.providerAccountId),
    input.expectedVersion,
    (before) => {
      const doc = mergePatch(providerAccounts, before, input);
      // What is wrong with what is stored is no fault of this change.
      const known = bridgeFindings(before).map(({ message, path }) => `${path} ${message}`);
      const findings = bridgeFindings(doc).filter(({ message, path }) => !known.includes(`${path} ${message}`));
      if (findings.length > 0)
        throw invalid(findings.map(({ path, message }) => valueError(['input', ...path], message, null)));
      const begins = doc.credentialsRef !== before.credentialsRef || (doc.enabled && !before.enabled);
      return { doc, also: begins ? [forgetting(ctx, doc)] : [] };
    },
    (providerAccount) => ({ providerAccount }),
  );
}

/** What was observed belongs to the reference it was observed of: another one begins unobserved, and so does one that a person enables again. */
function forgetting(ctx: Context, { orgId, id, credentialsRef }: ProviderAccount): Planned {
  const input = { orgId, accountId: id, eventIds: [ctx.deps.ids.next('rev_')], reference: credentialsRef };
  return { change: apply(forgetHealth, { orgId, id }, input) };
}

export function deleteProviderAccount(ctx: Context, input: z.output<typeof deleteProviderAccountInput>) {
  return withRetry(async () => {
    const providerAccount = await reach(ctx, [], providerAccounts, input.providerAccountId);
    checkVersion(ctx, providerAccount, input.expectedVersion);
    const unused = unreferenced(ctx, providerAccounts, providerAccount.id, 'referenced');
    return save(ctx, [...unused, ...removal(ctx, providerAccounts, providerAccount)], { providerAccount });
  });
}

export interface AccountView {
  usage: MonthUsage;
  period: string;
  health: AccountHealth | null;
  status: ReturnType<typeof statusOf>;
}

/** What is observed of an account besides its document; batched over all accounts of a selection. */
export async function viewOf(ctx: Context, account: ProviderAccount): Promise<AccountView> {
  const [meter, stored] = await Promise.all([
    ctx.loaders.get(meters, accountMeterId(account.id)),
    ctx.loaders.get(accountHealth, account.id),
  ]);
  const period = periodOf(ctx.deps.now());
  const usage = usageIn(meter, period);
  const health = observedOf(account, stored);
  return { usage, period, health, status: statusOf(account, usage, health) };
}
