import type { Change, Collection, Doc } from '../store/store.ts';
import type { Context, Idempotency, Rendered } from './context.ts';
import { created } from './new-doc.ts';

/** What a POST under an Idempotency-Key answered, for 24 hours; keyed by the token and the key. */
export interface IdempotencyRecord extends Doc {
  requestHash: string;
  status: number;
  body: unknown;
  etag: string | null;
  expiresAt: string;
}

export const idempotencyRecords: Collection<IdempotencyRecord> = {
  name: 'idempotency',
  first: { requestHash: '', status: 200, body: null, etag: null, expiresAt: '' },
  expires: 'expiresAt',
};

const LIFETIME_MS = 24 * 3_600_000;

/** The record as one more change of the mutation's commit: its uniqueness is the lock. */
export function idempotencyRecord(
  ctx: Context,
  { recordId, requestHash }: Pick<Idempotency, 'recordId' | 'requestHash'>,
  reply: Rendered,
): Change {
  const doc: IdempotencyRecord = {
    ...created(ctx, recordId, ''),
    requestHash,
    ...reply,
    expiresAt: new Date(ctx.deps.now() + LIFETIME_MS).toISOString(),
  };
  return { type: 'insert', in: idempotencyRecords, doc };
}
