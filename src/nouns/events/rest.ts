import './schema.ts';
import { z } from 'zod';
import { only } from '../../rest/lists.ts';
import { type Row, select } from '../../rest/row.ts';

const EVENT = select('event_id at type resource_type resource_id workspace_id actor_id request_id data');

interface Page {
  total: number;
  more: boolean;
  end: string | null;
  nodes: unknown[];
}

export const eventRows: Row[] = [
  {
    method: 'GET',
    path: '/v1/orgs/{org_id}/events',
    operationId: 'list_events',
    summary: 'List Events',
    tag: 'Events',
    status: 200,
    root: 'events',
    selection: `{ total: totalCount more: hasNextPage end: endCursor nodes { ${EVENT} } }`,
    query: z.object({
      after: only('what follows this event, by its id'),
      types: only('these types, separated by commas; `namespace.*` is every one of a kind'),
      resourceType: only('of this kind of thing'),
      resourceId: only('of this thing'),
      workspaceId: only('what lies in this workspace'),
      limit: z.int().min(1).max(200).default(50).describe('Maximum number of items to return (1-200)'),
    }),
    renames: { limit: 'first' },
    reads: { types: (text) => text.split(',').map((type) => type.trim()) },
    stream: `{ ${EVENT} }`,
    shape: ({ total, more, end, nodes }: Page) => ({
      total,
      has_more: more,
      next_cursor: more ? end : null,
      events: nodes,
    }),
    reply: { name: 'EventList', kind: 'list', key: 'events', of: 'Event', page: 'A part of the feed, oldest first.' },
    resource: null,
  },
];
