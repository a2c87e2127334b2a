import { defineNode, edge, type FilteredList, listOn } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import { COUNTS } from '../../graphql/wire.ts';
import type { AuditEvent as Event } from '../../resource/audit-event.ts';
import { auditEvents } from '../../resource/audit-event.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';

defineNode(
  auditEvents,
  'One change: who, what, when, by which request. Written in the commit of the change itself.',
  (t) => ({
    eventId: t.exposeString('id', { description: 'The documented id.' }),
    orgId: t.exposeString('orgId', { description: 'The organization.' }),
    action: t.exposeString('action', { description: 'What was done: `namespace.create`.' }),
    actorId: t.exposeString('actorId', { description: 'Who did it.' }),
    tokenId: t.exposeString('tokenId', { nullable: true, description: 'The token that was used.' }),
    resourceType: t.exposeString('resourceType', { description: 'The kind of thing.' }),
    resourceId: t.exposeString('resourceId', { description: 'The thing.' }),
    workspaceId: t.exposeString('workspaceId', { nullable: true, description: 'The workspace that it lies in.' }),
    requestId: t.exposeString('requestId', { description: 'The request that asked for it.' }),
    changes: t.field({
      type: 'JSONObject',
      description: '`{field: {before, after}}`, by documented names.',
      resolve: (event) => event.changes,
    }),
    counts: t.field({
      ...COUNTS,
      nullable: true,
      description: 'Of a deleted subtree: how much of each kind went with it.',
      resolve: (event) => event.counts,
    }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: (event) => event.createdAt }),
    organization: edge(t, organizations, 'The organization.', (event) => event.orgId),
  }),
);

interface EventFilters {
  action?: string | null;
  actorId?: string | null;
  resourceType?: string | null;
  resourceId?: string | null;
  since?: string | null;
  until?: string | null;
}

/** Events with their filters; the same below the organization and at the root. */
const eventList: FilteredList<Event, EventFilters> = {
  args: (t) => ({
    action: t.arg.string({ description: 'Only this action.' }),
    actorId: t.arg.id({ description: 'Only by this actor.' }),
    resourceType: t.arg.string({ description: 'Only of this kind of thing.' }),
    resourceId: t.arg.id({ description: 'Only of this thing.' }),
    since: t.arg({ type: 'DateTime', description: 'From this moment on.' }),
    until: t.arg({ type: 'DateTime', description: 'Before this moment.' }),
  }),
  list: ({ since, until, ...equal }: EventFilters) => {
    const fields = ['action', 'actorId', 'resourceType', 'resourceId'] as const;
    const where: Clause[] = fields.flatMap((field) => (equal[field] == null ? [] : [{ field, in: [equal[field]] }]));
    if (since != null) where.push({ field: 'createdAt', from: since });
    if (until != null) where.push({ field: 'createdAt', until });
    return { name: 'events', where, totals: where.length === 0 ? [{ sign: 1 as const, where }] : undefined };
  },
};

rootList(auditEvents, 'auditEvents', {
  description: 'What was changed in the organization, newest first.',
  ...eventList,
});

listOn(organizations, 'auditEvents', auditEvents, 'What was changed in it, newest first.', eventList);
