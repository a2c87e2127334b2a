import { builder } from '../../graphql/builder.ts';
import { refOf } from '../../graphql/nodes.ts';
import type { Source } from '../../graphql/subscribe.ts';
import type { Context } from '../../resource/context.ts';
import { type PlaceCursors, placeCursors } from '../../resource/feed/place-cursors.ts';
import type { Topic } from '../../resource/feed/topic.ts';
import { canSee } from '../../resource/noun.ts';
import { fault, invalid, valueError } from '../../words/errors.ts';
import { type DecisionFilters, decisionList, passes, whereOf } from './filters.ts';
import { type Decision, decisions } from './model.ts';

interface Change {
  cursor: string;
  node: Decision;
}

const ChangeType = builder.objectRef<Change>('DecisionChange').implement({
  description: 'A decision that was made, or whose outcome was reported.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', {
      description: '`after` goes on behind it; opaque, good for this subscription and its filters only.',
    }),
    node: t.expose('node', { type: refOf(decisions), description: 'The decision as it was then.' }),
  }),
});

interface FollowArgs extends DecisionFilters {
  orgId?: string | null;
  after?: string | null;
}

builder.subscriptionField('decisions', (t) =>
  t.field({
    type: ChangeType,
    description:
      'Decisions from now on, or behind `after`, as they are made, and once more when their outcome is reported; in the order of their commits, each once as it was left last.',
    permission: 'decisions:read',
    args: {
      orgId: t.arg.id({ description: 'The organization; by default the one that the token acts in.' }),
      after: t.arg.string({ description: 'Only what follows this cursor.' }),
      ...decisionList.args?.(t as never),
    } as never,
    subscribe: follow as never,
    resolve: (root) => (root as unknown as { change: Change }).change,
  }),
);

/** An earlier stream that broke off is gone on with behind the last cursor that it gave, whatever was asked for then. */
async function follow(_root: unknown, { orgId: _, after, ...filters }: FollowArgs, ctx: Context): Promise<Source> {
  if (!ctx.caller) throw fault('SERVICE_UNAVAILABLE', { retry_after: 1 });
  const { authorization, lastEventId } = ctx.caller;
  const cursors = cursorsOf(ctx, filters);
  const [last = 0] = await ctx.deps.store.lastNumbers(decisions.collection, [ctx.principal.orgId]);
  const placeOf = (cursor: string, loc: string[]) => placeIn(cursors, { cursor, last, loc });
  const resumed = lastEventId === null ? null : placeOf(lastEventId, ['header', 'last-event-id']);
  const place = resumed ?? (after == null ? last : placeOf(after, ['after']));
  return {
    open: (rooms, { next, end, drained }) =>
      rooms.enter({
        ctx,
        authorization,
        topic: decisionsBy(filters),
        place,
        sink: {
          next(node, reader) {
            const cursor = cursors.encode(node.place);
            return next({ change: { cursor, node } }, cursor, reader);
          },
          end,
          drained,
        },
      }),
  };
}

/** One that has not been given yet is of other data: what comes next would be taken for what was seen. */
function placeIn(cursors: PlaceCursors, { cursor, last, loc }: { cursor: string; last: number; loc: string[] }) {
  const place = cursors.decode(cursor);
  if (place === null || place > last)
    throw invalid([valueError(loc, 'the cursor is not one of this subscription', cursor)]);
  return place;
}

function cursorsOf({ principal }: Context, filters: DecisionFilters): PlaceCursors {
  const asked = Object.entries(filters).filter(([, value]) => value != null);
  return placeCursors(`decisions as they come ${principal.orgId} ${JSON.stringify(asked.sort())}`);
}

function decisionsBy(filters: DecisionFilters): Topic<Decision> {
  return {
    collection: decisions.collection,
    permission: 'decisions:read',
    where: whereOf(filters),
    passes: (decision) => passes(filters, decision),
    sees: ({ principal }, decision) => canSee(principal, decisions, decision),
  };
}
