import { apps } from '../nouns/apps/model.ts';
import { environments } from '../nouns/environments/model.ts';
import { entitlements } from '../nouns/model-entitlements/model.ts';
import { namespaces, threads } from '../nouns/namespaces/model.ts';
import { type AnyCollection, type Doc, type Tombstone, tombstones } from '../store/store.ts';
import { type Context, isoNow } from './context.ts';
import { taskChange } from './task.ts';
import type { Planned } from './write.ts';

/** Everything that may lie below a document, by the field that names it. */
export const BELOW: Record<string, readonly AnyCollection[]> = {
  workspaceId: [threads, namespaces, entitlements, environments, apps].map((noun) => noun.collection as AnyCollection),
  appId: [threads.collection, namespaces.collection],
  namespaceId: [threads.collection],
};

/** Marks the subtree of a document that the same commit removes, and leaves its sweep to the runner. */
export function tombstone(ctx: Context, doc: Doc, field: 'workspaceId' | 'appId' | 'namespaceId'): Planned[] {
  const now = isoNow(ctx);
  const mark: Tombstone = {
    id: doc.id,
    orgId: doc.orgId,
    version: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: null,
    field,
    sweptAt: null,
  };
  return [
    { change: { type: 'insert', in: tombstones, doc: mark } },
    { change: taskChange(ctx, 'sweep', doc.orgId, doc.id) },
  ];
}
