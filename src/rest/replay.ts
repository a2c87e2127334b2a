import { createHash } from 'node:crypto';
import type { Context, Idempotency } from '../resource/context.ts';
import { type IdempotencyRecord, idempotencyRecords } from '../resource/idempotency.ts';
import { invalid, valueError } from '../words/errors.ts';
import { sortedJson } from '../words/sorted-json.ts';

/** A request is its method, its path and its JSON value, whatever the order of an object's names. */
export function hashRequest(method: string, path: string, body: unknown): string {
  return createHash('sha256')
    .update(sortedJson([method, path, body]))
    .digest('hex');
}

export function recordIdOf(ctx: Context, key: string): string {
  return `${ctx.principal.tokenId}:${key}`;
}

/** What an earlier request under this key answered; another request under it is a 422. */
export async function findRecord(
  ctx: Context,
  { recordId, requestHash }: Pick<Idempotency, 'recordId' | 'requestHash'>,
  key: string,
): Promise<IdempotencyRecord | null> {
  const record = await ctx.deps.store.get(idempotencyRecords, { orgId: '', id: recordId });
  if (!record || Date.parse(record.expiresAt) <= ctx.deps.now()) return null;
  if (record.requestHash !== requestHash)
    throw invalid([valueError(['header', 'idempotency-key'], 'the key was used for another request', key)]);
  return record;
}
