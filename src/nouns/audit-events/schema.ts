import { defineNode, edge, type FilteredList, listOn } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import { auditEvents, type AuditEvent as Event } from '../../resource/audit-event.ts';
import type { Context } from '../../resource/context.ts';
import { allShown } from '../../resource/private-to.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';

defineNode(
  auditEvents,
  'One change: who, what, when, by which request. Written in the commit of the change itself.',
  (t) => ({ organization: edge(t, organizations, 'The organization.', (event) => event.orgId) }),
  { at: (event) => event.createdAt },
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
  list: ({ since, until, ...equal }: EventFilters, { principal }: Context) => {
    const fields = ['action', 'actorId', 'resourceType', 'resourceId'] as const;
    const where: Clause[] = fields.flatMap((field) => (equal[field] == null ? [] : [{ field, in: [equal[field]] }]));
    if (since != null) where.push({ field: 'createdAt', from: since });
    if (until != null) where.push({ field: 'createdAt', until });
    return { name: 'events', where, totals: where.length === 0 ? allShown(principal) : undefined };
  },
};

rootList(auditEvents, 'auditEvents', {
  description: 'What was changed in the organization, newest first.',
  ...eventList,
});

listOn(organizations, 'auditEvents', auditEvents, 'What was changed in it, newest first.', eventList);
