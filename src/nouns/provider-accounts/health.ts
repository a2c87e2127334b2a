import { isDeepStrictEqual } from 'node:util';
import { type Context, isoNow } from '../../resource/context.ts';
import { commit, withRetry } from '../../resource/write.ts';
import { apply } from '../../store/rule.ts';
import { credentialsOf } from './credentials.ts';
import { noteHealth } from './health-rules.ts';
import type { ProviderAccount } from './model.ts';
import { type CheckVerdict, probe } from './probe.ts';

/** Asks the provider for its models and notes what came of it; null, and the status kept, where it was not asked or its answer says nothing. */
export async function checkAccount(ctx: Context, account: ProviderAccount): Promise<CheckVerdict | null> {
  const credentials = credentialsOf(account, ctx.deps.env);
  if (!credentials) return null;
  const { allowPrivateAddresses: allowPrivate, tracer } = ctx.deps;
  const cause = { trace: ctx.trace ?? null, requestId: ctx.requestId };
  const begin = () => tracer?.call('health check', 'GET', cause);
  const result = await probe(account.providerType, credentials, { allowPrivate, begin });
  // What was said of a key that was rotated meanwhile tells nothing of the one in its place.
  const isRotated = !isDeepStrictEqual(credentialsOf(account, ctx.deps.env), credentials);
  if (result.kind === 'unknown' || isRotated) return null;
  const { orgId, id } = account;
  const change = apply(noteHealth, account, {
    orgId,
    accountId: id,
    eventIds: [ctx.deps.ids.next('rev_')],
    reference: account.credentialsRef,
    result,
    checkedAt: isoNow(ctx),
  });
  await withRetry(() => commit(ctx, [{ change }]));
  return result;
}
