import type { Clause } from '../../store/store.ts';
import { type FeedEvent, feedEvents } from '../feed-event.ts';
import { withChanges } from './changes.ts';
import { seesEvent } from './sees.ts';
import type { Topic } from './topic.ts';

/** Which events a reader asks for; absent and null: all. */
export interface EventFilter {
  types?: readonly string[] | null;
  resourceType?: string | null;
  resourceId?: string | null;
  workspaceId?: string | null;
}

/** A type (`namespace.update`), all of a kind (`namespace.*`), or all there are (`*`). */
export const TYPE_PATTERN = /^(\*|[a-z_]{1,64}\.(\*|[a-z_]{1,64}))$/;

const FIELDS = ['resourceType', 'resourceId', 'workspaceId'] as const;

/** The filter as conditions of a read. */
export function whereOf(filter: EventFilter): Clause[] {
  const { types } = filter;
  const where: Clause[] = FIELDS.flatMap((field) => (filter[field] == null ? [] : [{ field, in: [filter[field]] }]));
  if (types != null && !types.includes('*')) where.push({ any: types.map(clauseOf) });
  return where;
}

function clauseOf(type: string): Clause {
  if (!type.endsWith('*')) return { field: 'kind', in: [type] };
  const begin = type.slice(0, -1);
  // What follows a dot is a slash.
  return { field: 'kind', from: begin, until: `${begin.slice(0, -1)}/` };
}

/** The same as a test. */
function passes({ types, ...filter }: EventFilter, event: FeedEvent): boolean {
  if (FIELDS.some((field) => filter[field] != null && filter[field] !== event[field])) return false;
  return types?.some((type) => fits(type, event.kind)) ?? true;
}

function fits(type: string, kind: string): boolean {
  return type.endsWith('*') ? kind.startsWith(type.slice(0, -1)) : kind === type;
}

/** The feed, as far as a stream asks for it. */
export function eventsBy(filter: EventFilter): Topic<FeedEvent> {
  return {
    collection: feedEvents.collection,
    permission: 'events:read',
    where: whereOf(filter),
    passes: (event) => passes(filter, event),
    sees: seesEvent,
    whole: withChanges,
  };
}
