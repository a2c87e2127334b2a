import type { ArgBuilder } from '@pothos/core';
import { builder, type SchemaTypes } from '../../graphql/builder.ts';
import { loadNode } from '../../graphql/nodes.ts';
import type { Source } from '../../graphql/subscribe.ts';
import { COUNT } from '../../graphql/wire.ts';
import type { Context } from '../../resource/context.ts';
import { countEvents } from '../../resource/feed/count.ts';
import { type EventFilter, eventsBy, TYPE_PATTERN } from '../../resource/feed/filter.ts';
import { placeNow, placeOf, readEvents } from '../../resource/feed/read.ts';
import type { FeedEvent } from '../../resource/feed-event.ts';
import { may } from '../../resource/noun.ts';
import { type ListExtensions, PAGE_SIZE_DEFAULT, sizeIssues } from '../../resource/page.ts';
import { fault, type Issue, invalid, valueError } from '../../words/errors.ts';

const EventType = builder.objectRef<FeedEvent>('Event').implement({
  description: 'One thing that happened in an organization: a change, a transition of routing or of a job.',
  fields: (t) => ({
    eventId: t.exposeString('id', { description: 'The documented id; `after` resumes behind it.' }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ createdAt }) => createdAt }),
    type: t.exposeString('kind', { description: 'What happened: `namespace.update`, `breaker.opened`, `job.failed`.' }),
    resourceType: t.exposeString('resourceType', { description: 'The kind of thing that it happened to.' }),
    resourceId: t.exposeString('resourceId', { description: 'The thing.' }),
    workspaceId: t.exposeString('workspaceId', { nullable: true, description: 'The workspace that it lies in.' }),
    actorId: t.exposeString('actorId', {
      nullable: true,
      description:
        'Who did it; null for transitions of jobs and routing, which follow from what was done: the audit event beside them names who.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'The request that asked for it; null for such transitions, and where no request did.',
    }),
    data: t.field({
      type: 'JSONObject',
      description: 'More about it; `changes` (`{field: {before, after}}`) only for those who may read the audit.',
      resolve: ({ data: { changes, ...data } }, _args, { principal }) =>
        changes !== undefined && may(principal, 'audit:read') ? { changes, ...data } : data,
    }),
    resource: t.field({
      type: builder.nodeInterfaceRef(),
      nullable: true,
      description: 'The thing as it is now; null where it is gone or hidden.',
      resolve: ({ resourceType, resourceId }, _args, ctx) => loadNode(ctx, resourceType, resourceId) as never,
    }),
  }),
});

interface EventPage {
  nodes: FeedEvent[];
  hasNextPage: boolean;
  total: () => Promise<number>;
}

const EventPageType = builder.objectRef<EventPage>('EventPage').implement({
  description: 'A part of the feed, oldest first.',
  fields: (t) => ({
    nodes: t.expose('nodes', { type: [EventType], description: 'The events.' }),
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether further events follow the last one of these.',
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The id of the last event, as `after` takes it; null on an empty page.',
      resolve: ({ nodes }) => nodes.at(-1)?.id ?? null,
    }),
    totalCount: t.field({
      ...COUNT,
      description: 'How many events of the last 7 days the filters match.',
      resolve: ({ total }) => total(),
    }),
  }),
});

interface EventArgs extends EventFilter {
  after?: string | null;
}

const filterArgs = (arg: ArgBuilder<PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>>) => ({
  orgId: arg.id({ description: 'The organization; by default the one that the token acts in.' }),
  after: arg.string({ description: 'Only what follows this event, by its id.' }),
  types: arg.stringList({ description: 'Only these types; `namespace.*` is every one of a kind.' }),
  resourceType: arg.string({ description: 'Only of this kind of thing.' }),
  resourceId: arg.id({ description: 'Only of this thing.' }),
  workspaceId: arg.id({ description: 'Only what lies in this workspace.' }),
});

const TYPES_MAX = 50;

function typeIssues({ types }: EventFilter): Issue[] {
  if (types == null) return [];
  if (types.length > TYPES_MAX) return [valueError(['types'], `at most ${TYPES_MAX} types can be named`, types.length)];
  const wrong = types.filter((type) => !TYPE_PATTERN.test(type));
  return wrong.map((type) => valueError(['types'], 'a type is written kind.action, kind.* or *', type.slice(0, 200)));
}

interface Asked extends EventArgs {
  first?: number | null;
}

/** Where a reader goes on (null: nowhere that it says), or all that is wrong with what it asks for. */
async function readAsked(ctx: Context, { first, after, ...filter }: Asked, lastEventId: string | null = null) {
  let place: number | Issue | null = null;
  if (lastEventId !== null) place = await placeOf(ctx, lastEventId, ['header', 'last-event-id']);
  else if (after != null) place = await placeOf(ctx, after);
  const found = [place, ...typeIssues(filter), ...sizeIssues('first', first)];
  const issues = found.filter((one): one is Issue => typeof one === 'object' && one !== null);
  return { place: typeof place === 'number' ? place : null, issues };
}

async function placeAsked(ctx: Context, asked: Asked, lastEventId?: string | null): Promise<number | null> {
  const { place, issues } = await readAsked(ctx, asked, lastEventId);
  if (issues.length > 0) throw invalid(issues);
  return place;
}

const asPage: ListExtensions = { pageIssues: async (args, ctx) => (await readAsked(ctx, args)).issues };

builder.queryField('events', (t) =>
  t.field({
    type: EventPageType,
    nullable: true,
    description: 'What happened, oldest first behind `after`; without it the newest, the oldest of them first.',
    permission: 'events:read',
    args: { ...filterArgs(t.arg), first: t.arg.int({ description: 'At most so many, 1–200; 50 by default.' }) },
    extensions: asPage as Record<string, unknown>,
    resolve: async (_root, args, ctx) => {
      const asked = { after: await placeAsked(ctx, args), limit: args.first ?? PAGE_SIZE_DEFAULT };
      const { events, more } = await readEvents(ctx, args, asked);
      return { nodes: events, hasNextPage: more, total: () => countEvents(ctx, args) };
    },
  }),
);

builder.subscriptionField('events', (t) =>
  t.field({
    type: EventType,
    description:
      'What happens from now on, or behind `after`, as it happens and with the rights that the reader has then.',
    permission: 'events:read',
    args: filterArgs(t.arg),
    subscribe: follow as never,
    resolve: (root) => (root as unknown as { event: FeedEvent }).event,
  }),
);

/** An earlier stream that broke off is gone on with behind the last event that it gave, whatever was asked for then. */
async function follow(_root: unknown, args: EventArgs, ctx: Context): Promise<Source> {
  if (!ctx.caller) throw fault('SERVICE_UNAVAILABLE', { retry_after: 1 });
  const { authorization, lastEventId } = ctx.caller;
  const place = (await placeAsked(ctx, args, lastEventId)) ?? (await placeNow(ctx));
  return {
    open: (rooms, { next, end, drained }) =>
      rooms.enter({
        ctx,
        authorization,
        topic: eventsBy(args),
        place,
        sink: { next: (event, reader) => next({ event }, event.id, reader), end, drained },
      }),
  };
}
