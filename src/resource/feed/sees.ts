import type { Doc } from '../../store/store.ts';
import { expected } from '../../words/expected.ts';
import type { Context } from '../context.ts';
import type { FeedEvent } from '../feed-event.ts';
import { allNouns, canSee, may, type Noun } from '../noun.ts';

/** Known by its name: what is common to all nouns imports none of them. */
export function namespaceNoun(): Noun<Doc> {
  return expected(
    allNouns().find(({ resource }) => resource === 'namespace'),
    'noun of namespaces',
  );
}

/** Whether a reader may know of an event now: of what lies in its workspaces, and of no namespace that is hidden from it. */
export async function seesEvent(ctx: Context, event: FeedEvent): Promise<boolean> {
  const { principal } = ctx;
  if (principal.workspaceIds && !principal.workspaceIds.includes(event.workspaceId ?? '')) return false;
  if (event.namespaceId === null) return true;
  const namespaces = namespaceNoun();
  const namespace = await ctx.loaders.get(namespaces.collection, event.namespaceId);
  if (namespace) return canSee(principal, namespaces, namespace);
  // Of one that is gone, what it was then.
  return [null, principal.actorId].includes(event.privateTo) || may(principal, 'namespaces:manage');
}
