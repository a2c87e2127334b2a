import { createHash } from 'node:crypto';
import type { Context, Idempotency } from '../resource/context.ts';
import { type IdempotencyRecord, idempotencyRecords } from '../resource/idempotency.ts';
import { invalid, valueError } from '../words/errors.ts';

/** A request is its method, its path and its JSON value, whatever the order of an object's names. */
export function hashRequest(method: string, path: string, body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([method, path, sorted(body) ?? null]))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([name, item]) => [name, sorted(item)]);
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
