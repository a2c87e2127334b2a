import { z } from 'zod';
import { feedEvent } from './feed-event.ts';
import * as field from './field/index.ts';
import { defineNoun } from './noun.ts';
import { byPrivateTo } from './private-to.ts';
import type { Trace } from './trace.ts';

const changed = z.record(z.string(), z.object({ before: z.unknown(), after: z.unknown() }));

const fields = {
  eventId: field.documentedId(),
  orgId: field.org(),
  action: field.made(field.text(z.string(), 'What was done: `namespace.create`.')),
  actorId: field.made(field.id('Who did it.')),
  tokenId: field.made(field.optionalText('The token that was used.')),
  resourceType: field.made(field.text(z.string(), 'The kind of thing.')),
  resourceId: field.made(field.id('The thing.')),
  workspaceId: field.made(field.optionalText('The workspace that it lies in.')),
  requestId: field.made(field.id('The request that asked for it.')),
  changes: field.made(
    field.freeMap(changed, '`{field: {before, after}}`, by the names that replies have; a role by its name.'),
  ),
  counts: field.made(field.optionalCounts('Of a deleted subtree: how much of each kind went with it.')),
  privateTo: field.hidden(field.made(field.optionalText('Of a thing that only one actor sees: who that was then.'))),
  /** Of that request, where it was traced: webhooks are told with it, whoever delivers to them. */
  trace: field.internal<Trace | null>(null),
  at: field.derived(field.time('When.')),
  ...field.authored,
};

/** One change: who, what, when, by which request, and the fields before and after. Written in the commit of the change itself. */
export type AuditEvent = field.DocOf<typeof fields>;

export const auditEvents = defineNoun(fields, {
  type: 'AuditEvent',
  resource: 'audit_event',
  permission: 'audit',
  collection: {
    name: 'audit',
    columns: ['action', 'workspaceId', 'resourceType', 'privateTo'],
    scopes: ['actorId', 'resourceId'],
    totals: [[], ['privateTo']],
    tells: (event, before) => {
      if (before) return [];
      const { action, resourceType, resourceId, workspaceId, counts, actorId, requestId, trace, privateTo } = event;
      const who = { workspaceId, actorId, requestId, trace, privateTo };
      return [feedEvent(event, { kind: action, resourceType, resourceId, isAudited: true, data: { counts }, ...who })];
    },
  },
  // What happens to a thing that only one actor sees tells of that thing.
  hides: { ...byPrivateTo, privateTo: ({ privateTo }) => privateTo },
});
