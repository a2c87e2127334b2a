import type { Doc } from '../store/store.ts';
import { defineNoun } from './noun.ts';

/** One change: who, what, when, by which request, and the fields before and after. Written in the commit of the change itself. */
export interface AuditEvent extends Doc {
  action: string;
  actorId: string;
  tokenId: string | null;
  resourceType: string;
  resourceId: string;
  workspaceId: string | null;
  requestId: string;
  changes: Record<string, { before: unknown; after: unknown }>;
  /** Of a deleted subtree: how many documents of each noun went with it. */
  counts: Record<string, number> | null;
}

export const auditEvents = defineNoun<AuditEvent>({
  type: 'AuditEvent',
  resource: 'audit_event',
  permission: 'audit',
  collection: {
    name: 'audit',
    first: {
      action: '',
      actorId: '',
      tokenId: null,
      resourceType: '',
      resourceId: '',
      workspaceId: null,
      requestId: '',
      changes: {},
      counts: null,
    },
    columns: ['action', 'workspaceId', 'resourceType'],
    scopes: ['actorId', 'resourceId'],
    totals: [[]],
  },
});
