import './schema.ts';
import { z } from 'zod';
import { auditEvents } from '../../resource/audit-event.ts';
import { listQuery, only } from '../../rest/lists.ts';
import { listRow, type Row, resourceOf } from '../../rest/row.ts';
import { instant } from '../../validation/fields.ts';

const event = resourceOf(auditEvents, { tag: 'Audit Events' });

const moment = (what: string) =>
  instant().nullable().optional().describe(`Only events ${what} this moment (RFC 3339).`);

export const auditRows: Row[] = [
  listRow(event, {
    path: '/v1/orgs/{org_id}/audit-events',
    operationId: 'list_audit_events',
    summary: 'List Audit Events',
    root: 'auditEvents',
    key: 'events',
    query: z.object({
      action: only('this action'),
      actorId: only('by this actor'),
      resourceType: only('of this kind of thing'),
      resourceId: only('of this thing'),
      since: moment('from'),
      until: moment('before'),
      ...listQuery(200).shape,
    }),
  }),
];
