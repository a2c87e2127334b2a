import { builder } from '../../graphql/builder.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import type { Context } from '../../resource/context.ts';
import { naming } from '../../resource/list.ts';
import { entitlementMeterId, meters } from '../../routing/state.ts';
import { expected } from '../../words/expected.ts';
import { logicalModels } from '../logical-models/model.ts';
import { workspaces } from '../workspaces/model.ts';
import {
  entitlements,
  type ModelEntitlement as Grant,
  grantModelEntitlementInput,
  revokeModelEntitlementInput,
  updateModelEntitlementInput,
} from './model.ts';
import {
  grantModelEntitlement,
  readEntitlement,
  revokeModelEntitlement,
  updateModelEntitlement,
} from './repository.ts';

const meterOf = (ctx: Context, { id }: { id: string }) => ctx.loaders.get(meters, entitlementMeterId(id));

defineNode(
  entitlements,
  'The grant of a logical model to a workspace, with its limits.',
  (t) => ({
    workspace: edge(t, workspaces, 'The workspace.', (grant) => grant.workspaceId),
    logicalModel: edge(t, logicalModels, 'The granted model.', (grant) => grant.logicalModelId),
  }),
  {
    requestCount: async (grant, ctx) => (await meterOf(ctx, grant))?.requestCount ?? 0,
    totalTokens: async (grant, ctx) => (await meterOf(ctx, grant))?.totalTokens ?? 0,
    lastUsedAt: async (grant, ctx) => (await meterOf(ctx, grant))?.lastUsedAt ?? null,
    grantedBy: (grant) => grant.createdBy,
  },
);

builder.queryField('modelEntitlement', (t) =>
  t.field({
    type: refOf(entitlements),
    nullable: true,
    description: 'The grant of this model to this workspace; RESOURCE_NOT_FOUND where there is none.',
    permission: 'entitlements:read',
    args: {
      orgId: t.arg.id({ description: 'The organization; by default the one that the token acts in.' }),
      workspaceId: t.arg.id({ required: true, description: 'The workspace.' }),
      logicalModelId: t.arg.id({ required: true, description: 'The slug of the model.' }),
    },
    resolve: (_root, args, ctx) => readEntitlement(ctx, args),
  }),
);

/** Grants with their filter; the same below the workspace and at the root. */
const grantList: FilteredList<Grant, { workspaceId?: string; parent?: { id: string }; enabledOnly?: boolean | null }> =
  {
    args: (t) => ({ enabledOnly: t.arg.boolean({ description: 'Only enabled ones.' }) }),
    list: ({ workspaceId: given, parent, enabledOnly }) => {
      const workspaceId = expected(given ?? parent?.id, 'workspace whose grants are listed');
      const where = [
        { field: 'workspaceId', in: [workspaceId] },
        ...(enabledOnly ? [{ field: 'enabled', in: [true] }] : []),
      ];
      return { name: `entitlements of ${workspaceId}`, where, totals: [{ sign: 1 as const, where }] };
    },
  };

rootList(entitlements, 'entitlements', {
  above: [['workspaceId', workspaces]],
  description: 'The models that a workspace may use.',
  ...grantList,
});

listOn(workspaces, 'entitlements', entitlements, 'The models it may use.', grantList);
listOn(logicalModels, 'entitlements', entitlements, 'Its grants.', naming(logicalModels, 'entitlements naming'));

const payload = { modelEntitlement: { type: refOf(entitlements), description: 'The grant.' } };

mutation('grantModelEntitlement', {
  permission: 'entitlements:create',
  description: 'Grants a logical model to a workspace; once per model.',
  input: grantModelEntitlementInput,
  payload,
  resolve: grantModelEntitlement,
});

mutation('updateModelEntitlement', {
  permission: 'entitlements:update',
  description: 'Changes a grant, as a merge patch.',
  input: updateModelEntitlementInput,
  payload,
  resolve: updateModelEntitlement,
});

mutation('revokeModelEntitlement', {
  permission: 'entitlements:delete',
  description: 'Takes a grant back.',
  input: revokeModelEntitlementInput,
  payload,
  resolve: revokeModelEntitlement,
});
