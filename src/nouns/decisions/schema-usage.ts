import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/inputs.ts';
import { connectionOf, defineNode, listOn } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import { orgWide } from '../../resource/list.ts';
import { EVENT_KINDS, routingEvents } from '../../routing/events.ts';
import { type UsageBucket as Bucket, plus, type Tally, usageBuckets } from '../../routing/usage.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';

const Granularity = enumType('UsageGranularity', 'How long a bucket of usage is.', {
  hour: 'An hour (kept 90 days).',
  day: 'A day, UTC (kept 800 days).',
});

interface Named {
  id: string;
  tally: Tally;
}

const UsageTally = builder.objectRef<Tally>('UsageTally').implement({
  description: 'How much was used.',
  fields: (t) => ({
    requests: t.field({ type: 'SafeInt', description: 'Reported requests.', resolve: ([requests]) => requests }),
    inputTokens: t.field({ type: 'SafeInt', description: 'Input tokens.', resolve: ([, tokens]) => tokens }),
    outputTokens: t.field({ type: 'SafeInt', description: 'Output tokens.', resolve: ([, , tokens]) => tokens }),
    failures: t.field({
      type: 'SafeInt',
      description: 'Requests that failed, whoever was at fault.',
      resolve: ([, , , failures]) => failures,
    }),
  }),
});

const NamedTally = builder.objectRef<Named>('UsageBy').implement({
  description: 'How much of the usage one account or model has.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'The documented id of the account or model.' }),
    usage: t.field({ type: UsageTally, description: 'How much.', resolve: ({ tally }) => tally }),
  }),
});

const named = (tallies: Record<string, Tally>): Named[] =>
  Object.entries(tallies).map(([id, tally]) => ({ id, tally }));

defineNode(usageBuckets, 'What an organization used in one hour or day.', (t) => ({
  granularity: t.expose('granularity', { type: Granularity, description: 'How long it is.' }),
  startsAt: t.expose('startsAt', { type: 'DateTime', description: 'When it begins.' }),
  usage: t.field({ type: UsageTally, description: 'Of the whole organization.', resolve: (bucket) => bucket.total }),
  byAccount: t.field({
    type: [NamedTally],
    description: 'Of each provider account.',
    resolve: (bucket) => named(bucket.accounts),
  }),
  byModel: t.field({
    type: [NamedTally],
    description: 'Of each logical model.',
    resolve: (bucket) => named(bucket.models),
  }),
}));

builder.objectField(connectionOf(usageBuckets), 'totals', (t) =>
  t.field({
    type: UsageTally,
    description: 'The sum over the buckets of this page.',
    resolve: ({ nodes }) =>
      nodes.map(({ total }) => total).reduce<Tally>((sum, tally) => plus(sum, tally), [0, 0, 0, 0]),
  }),
);

rootList(usageBuckets, 'usage', {
  description: 'What the organization used, newest first.',
  args: (t) => ({
    granularity: t.arg({ type: Granularity, required: true, description: 'Hours or days.' }),
    since: t.arg({ type: 'DateTime', description: 'Buckets that begin at or after this.' }),
    until: t.arg({ type: 'DateTime', description: 'Buckets that begin before this.' }),
  }),
  list: ({
    granularity,
    since,
    until,
  }: {
    granularity: Bucket['granularity'];
    since?: string | null;
    until?: string | null;
  }) => {
    const where: Clause[] = [{ field: 'granularity', in: [granularity] }];
    if (since != null) where.push({ field: 'startsAt', from: since });
    if (until != null) where.push({ field: 'startsAt', until });
    return { name: 'usage', where };
  },
});

const EventKind = enumType('RoutingEventKind', 'What happened.', EVENT_KINDS);

defineNode(routingEvents, 'One transition of routing: of a breaker, a latch, a quota or an account.', (t) => ({
  eventId: t.exposeString('id', { description: 'The documented id.' }),
  kind: t.expose('kind', { type: EventKind, description: 'What happened.' }),
  resourceType: t.exposeString('resourceType', { description: 'The kind of thing it happened to.' }),
  resourceId: t.exposeString('resourceId', { description: 'The thing.' }),
  target: t.exposeString('target', { nullable: true, description: 'Of a breaker: `account|upstream model`.' }),
  from: t.exposeString('from', { description: 'What it was; of a quota: its key.' }),
  to: t.exposeString('to', { description: 'What it became; of a quota: the share used.' }),
}));

rootList(routingEvents, 'routingEvents', {
  description: 'What happened to breakers, latches, quotas and accounts, newest first.',
  args: (t) => ({
    kind: t.arg({ type: EventKind, description: 'Only of this kind.' }),
    resourceId: t.arg.id({ description: 'Only of this thing.' }),
  }),
  list: ({ kind, resourceId }: { kind?: string | null; resourceId?: string | null }) => {
    const where: Clause[] = [
      ...(kind ? [{ field: 'kind', in: [kind] }] : []),
      ...(resourceId ? [{ field: 'resourceId', in: [resourceId] }] : []),
    ];
    return { name: 'routing_events', where, totals: where.length === 0 ? [{ sign: 1 as const, where }] : undefined };
  },
});

listOn(
  organizations,
  'routingEvents',
  routingEvents,
  'What happened to its breakers, latches, quotas and accounts.',
  orgWide('routing_events'),
);
