import { fault, forbidden } from '../../words/errors.ts';
import type { Principal } from '../context.ts';
import type { FeedEvent } from '../feed-event.ts';
import { may } from '../noun.ts';
import { firstMissing } from '../permissions.ts';

/** Who a caller is now, read anew by what it has proved itself by; null: nobody any more. */
export type AskAgain = (authorization: string) => Promise<Principal | null>;

/** Whether an event may have changed what somebody may read. */
export function concerns({ resourceType, resourceId }: FeedEvent, { tokenId, memberId }: Principal): boolean {
  if (resourceType === 'role') return true;
  return resourceType === 'token' ? resourceId === tokenId : resourceType === 'member' && resourceId === memberId;
}

/** Why a reader's stream ends, where it may do less than when it began: it comes back with what it still may. */
export function lossOf(before: Principal, after: Principal | null, permission: string): Error | null {
  if (!after) return fault('AUTHENTICATION_FAILED');
  if (!may(after, permission)) return forbidden(permission);
  const missing = firstMissing(after.permissions, before.permissions);
  if (missing !== null) return forbidden(missing);
  const { workspaceIds } = after;
  const sees = (id: string) => workspaceIds === null || workspaceIds.includes(id);
  return workspaceIds === null || before.workspaceIds?.every(sees) ? null : forbidden(permission);
}

export function hasEnded({ endsAt = Number.POSITIVE_INFINITY }: Principal, now: number): boolean {
  return endsAt <= now;
}
