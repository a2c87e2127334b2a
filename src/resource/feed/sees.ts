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

let hiding: Noun<Doc>[] | null = null;

/** What else may be hidden from who reads of it, such as jobs; asked once all nouns are known. */
export function hidingNouns(): readonly Noun<Doc>[] {
  hiding ??= allNouns().filter(({ hides, resource }) => hides !== undefined && resource !== 'namespace');
  return hiding;
}

/** Whether a reader may know of an event now: of what lies in its workspaces, and of nothing that is hidden from it, as a namespace may be. */
export async function seesEvent(ctx: Context, event: FeedEvent): Promise<boolean> {
  const { principal } = ctx;
  if (principal.workspaceIds && !principal.workspaceIds.includes(event.workspaceId ?? '')) return false;
  const { namespaceId, resourceType, resourceId } = event;
  const noun = namespaceId === null ? hidingNouns().find(({ resource }) => resource === resourceType) : namespaceNoun();
  if (!noun) return true;
  const doc = await ctx.loaders.get(noun.collection, namespaceId ?? resourceId);
  if (doc) return canSee(principal, noun, doc);
  // Of what is gone, what it was then.
  return [null, principal.actorId].includes(event.privateTo) || may(principal, 'namespaces:manage');
}
