import { builder } from '../../graphql/builder.ts';
import { defineObject, enumOf } from '../../graphql/expose.ts';
import { connectionOf, defineNode, listOn } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import type * as field from '../../resource/field/index.ts';
import { orgWide } from '../../resource/list.ts';
import { eventKind, routingEvents } from '../../routing/events.ts';
import {
  type UsageBucket as Bucket,
  granularity,
  plus,
  type Tally,
  usageBuckets,
  usageTally,
} from '../../routing/usage.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';

const UsageTally = defineObject(usageTally);

type Shown = field.ValuesOf<typeof usageTally.fields>;

function shown([requests, inputTokens, outputTokens, failures]: Tally): Shown {
  return { requests, inputTokens, outputTokens, failures };
}

function named(tallies: Record<string, Tally>) {
  return Object.entries(tallies).map(([id, tally]) => ({ id, usage: shown(tally) }));
}

defineNode(usageBuckets, 'What an organization used in one hour or day.', undefined, {
  usage: ({ total }) => shown(total),
  byAccount: ({ accounts }) => named(accounts),
  byModel: ({ models }) => named(models),
  byWorkspace: ({ workspaces }, { principal: { workspaceIds } }) =>
    named(workspaces).filter(({ id }) => workspaceIds === null || workspaceIds.includes(id)),
});

builder.objectField(connectionOf(usageBuckets), 'totals', (t) =>
  t.field({
    type: UsageTally,
    description: 'The sum over the buckets of this page.',
    resolve: ({ nodes }) => shown(nodes.map(({ total }) => total).reduce<Tally>(plus, [0, 0, 0, 0])),
  }),
);

rootList(usageBuckets, 'usage', {
  description: 'What the organization used, newest first.',
  args: (t) => ({
    granularity: t.arg({ type: enumOf(granularity), required: true, description: 'Hours or days.' }),
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

defineNode(routingEvents, 'One transition of routing: of a breaker, a latch, a quota or an account.');

rootList(routingEvents, 'routingEvents', {
  description: 'What happened to breakers, latches, quotas and accounts, newest first.',
  args: (t) => ({
    kind: t.arg({ type: enumOf(eventKind), description: 'Only of this kind.' }),
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
