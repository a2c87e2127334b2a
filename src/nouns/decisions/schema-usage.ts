import { builder } from '../../graphql/builder.ts';
import { defineObject, enumOf, type ObjectBuilder } from '../../graphql/expose.ts';
import { connectionOf, defineNode, listOn } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import { COUNT } from '../../graphql/wire.ts';
import type { Context } from '../../resource/context.ts';
import type * as field from '../../resource/field/index.ts';
import { orgWide } from '../../resource/list.ts';
import { eventKind, routingEvents } from '../../routing/events.ts';
import { type Counted, countOf, type Latencies, percentile, together, unlessEmpty } from '../../routing/latency.ts';
import {
  addedUp,
  type UsageBucket as Bucket,
  granularity,
  plus,
  type Tally,
  usageBuckets,
  usageBy,
  usageTally,
} from '../../routing/usage.ts';
import type { Clause } from '../../store/store.ts';
import { organizations } from '../orgs/model.ts';

const UsageTally = defineObject(usageTally);

const PERCENTILE =
  'in milliseconds, as close as 5 % (below 10 ms exactly): counts are kept by buckets, which are put together without further error';
const percentileField = (percent: number) => ({
  description: `What ${percent} % of them did not exceed, ${PERCENTILE}.`,
  resolve: (latencies: Counted) => percentile(latencies, percent),
});

const UsageLatency = builder.objectRef<Counted>('UsageLatency').implement({
  description: 'How long it took, as the outcomes say, failed ones too. What took longer than a day counts as a day.',
  fields: (t) => ({
    count: t.field({ ...COUNT, description: 'Outcomes that say how long it took.', resolve: countOf }),
    p50: t.float(percentileField(50)),
    p95: t.float(percentileField(95)),
    p99: t.float(percentileField(99)),
  }),
});

const NO_LATENCY = 'null where no outcome says so, and before it was counted';

interface By {
  id: string;
  usage: field.ValuesOf<typeof usageTally.fields>;
  latencies: Latencies;
}

const UsageByType = defineObject(usageBy, {}, (t: ObjectBuilder<By>) => ({
  latency: t.field({
    type: UsageLatency,
    nullable: true,
    description: `How long it took: ${NO_LATENCY}, and of workspaces, by which it is not counted.`,
    resolve: ({ latencies }) => unlessEmpty(latencies),
  }),
}));

/** What one bucket holds, or several hold together. */
type Held = Pick<Bucket, 'total' | 'accounts' | 'models' | 'workspaces' | 'accountLatencies' | 'modelLatencies'>;

/** Added up as far as it is asked for. */
function heldBy(buckets: readonly Bucket[]): Held {
  const of = <K extends keyof Held>(name: K) => buckets.map((bucket) => bucket[name]);
  return {
    get total() {
      return of('total').reduce<Tally>(plus, [0, 0, 0, 0]);
    },
    get accounts() {
      return addedUp(of('accounts'), plus);
    },
    get models() {
      return addedUp(of('models'), plus);
    },
    get workspaces() {
      return addedUp(of('workspaces'), plus);
    },
    get accountLatencies() {
      return addedUp(of('accountLatencies'), together);
    },
    get modelLatencies() {
      return addedUp(of('modelLatencies'), together);
    },
  };
}

function shown([requests, inputTokens, outputTokens, failures]: Tally): By['usage'] {
  return { requests, inputTokens, outputTokens, failures };
}

function named(tallies: Record<string, Tally>, latencies: Record<string, Latencies> = {}): By[] {
  return Object.entries(tallies).map(([id, tally]) => ({ id, usage: shown(tally), latencies: latencies[id] ?? [] }));
}

const byAccount = ({ accounts, accountLatencies }: Held) => named(accounts, accountLatencies);
const byModel = ({ models, modelLatencies }: Held) => named(models, modelLatencies);
const byWorkspace = ({ workspaces }: Held, { principal: { workspaceIds } }: Context) =>
  named(workspaces).filter(({ id }) => workspaceIds === null || workspaceIds.includes(id));
const latencyOfAll = ({ accountLatencies }: Held) =>
  unlessEmpty(Object.values(accountLatencies).reduce<Latencies>(together, []));

const latencyField = {
  type: UsageLatency,
  nullable: true,
  description: `How long it took: ${NO_LATENCY}.`,
} as const;

defineNode(
  usageBuckets,
  'What an organization used in one hour or day.',
  (t) => ({ latency: t.field({ ...latencyField, resolve: latencyOfAll }) }),
  { usage: ({ total }) => shown(total), byAccount, byModel, byWorkspace },
);

builder.objectFields(connectionOf(usageBuckets), (t) => {
  const each = (what: string) => ({
    type: [UsageByType] as [typeof UsageByType],
    description: `Of each ${what}, over the buckets of this page.`,
  });
  return {
    totals: t.field({
      type: UsageTally,
      description: 'The sum over the buckets of this page.',
      resolve: ({ nodes }) => shown(heldBy(nodes).total),
    }),
    latency: t.field({ ...latencyField, resolve: ({ nodes }) => latencyOfAll(heldBy(nodes)) }),
    byAccount: t.field({ ...each('provider account'), resolve: ({ nodes }) => byAccount(heldBy(nodes)) }),
    byModel: t.field({ ...each('logical model'), resolve: ({ nodes }) => byModel(heldBy(nodes)) }),
    byWorkspace: t.field({
      ...each('workspace that the caller sees'),
      resolve: ({ nodes }, _args, ctx) => byWorkspace(heldBy(nodes), ctx),
    }),
  };
});

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
