import { setTimeout as sleep } from 'node:timers/promises';
import { orgIndex } from '../nouns/orgs/model.ts';
import { checkAccount } from '../nouns/provider-accounts/health.ts';
import { accountHealth, type ProviderAccount, providerAccounts } from '../nouns/provider-accounts/model.ts';
import type { Deps } from '../resource/context.ts';
import { observedOf } from '../routing/account.ts';
import { everyDoc } from '../store/every.ts';
import { systemContext } from './setup/system.ts';

/** Checks every enabled account once an interval, each at its own moment; several processes share the work. */
export function startHealthChecks(deps: Deps, everySeconds: number): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
  const loop = async () => {
    while (!stopping.signal.aborted) {
      // Jitter of a fifth keeps processes and accounts from checking in step.
      await pause(everySeconds * 1000 * (0.9 + deps.random() * 0.2));
      if (stopping.signal.aborted) return;
      await round(deps, everySeconds, stopping.signal).catch((error: unknown) =>
        deps.log.warn({ err: error }, 'health checks failed'),
      );
    }
  };
  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function round(deps: Deps, everySeconds: number, signal: AbortSignal): Promise<void> {
  for await (const org of everyDoc(deps.store, orgIndex, { orgId: '' }))
    for await (const account of everyDoc(deps.store, providerAccounts.collection, { orgId: org.id })) {
      if (signal.aborted) return;
      if (account.enabled && (await isDue(deps, account, everySeconds)))
        await checkAccount(systemContext(deps, org.id), account);
    }
}

/** Another process may have checked it just now. */
async function isDue(deps: Deps, account: ProviderAccount, everySeconds: number): Promise<boolean> {
  const stored = await deps.store.get(accountHealth, { orgId: account.orgId, id: account.id });
  const health = observedOf(account, stored);
  if (!health?.checkedAt) return true;
  // One that is still to come was made before the clock was set back.
  return Math.abs(deps.now() - Date.parse(health.checkedAt)) > everySeconds * 500;
}
