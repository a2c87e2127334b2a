import { createHash } from 'node:crypto';
import type { Context } from '../../resource/context.ts';
import type { Place, Subject } from '../work-items/items.ts';
import { listsOf } from './lists.ts';
import type { Namespace, Thread } from './model.ts';

/** What there is to do of a namespace: each of its threads and sources. */

export function threadSubject({ id, threadId, namespaceId }: Thread): Subject {
  const key = id.startsWith(`${namespaceId}.`) ? id.slice(namespaceId.length + 1) : hashed(id);
  return { type: 'thread', id: threadId, key: `t${key}` };
}

export function sourceSubject(id: string): Subject {
  return { type: 'source', id, key: `s${hashed(id)}` };
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** Each source once, in an order that no change of the list moves. */
export async function sourcesOf(ctx: Context, namespace: Namespace): Promise<string[]> {
  const { sourceIds } = await listsOf(ctx, namespace);
  return [...new Set(sourceIds)].sort();
}

export function placeOf({ id, workspaceId, appId }: Namespace): Place {
  return { workspaceId, appId, namespaceId: id };
}
