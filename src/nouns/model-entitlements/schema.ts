import { builder } from '../../graphql/builder.ts';
import { mutation } from '../../graphql/mutations.ts';
import { defineNode, edge, type FilteredList, listOn, refOf } from '../../graphql/nodes.ts';
import { rootList } from '../../graphql/roots.ts';
import { COUNT } from '../../graphql/wire.ts';
import type { Context } from '../../resource/context.ts';
import { naming } from '../../resource/list.ts';
import { entitlementMeterId, meters } from '../../routing/state.ts';
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

defineNode(entitlements, 'The grant of a logical model to a workspace, with its limits.', (t) => ({
  entitlementId: t.exposeString('id', { description: 'The documented id.' }),
  orgId: t.exposeString('orgId', { description: 'The organization.' }),
  workspaceId: t.exposeString('workspaceId', { description: 'The workspace.' }),
  logicalModelId: t.exposeString('logicalModelId', { description: 'The slug of the granted model.' }),
  workspaceLimits: t.expose('workspaceLimits', {
    type: 'JSONObject',
    description: 'Free-form limits; the documented keys are enforced.',
  }),
  allowedStepTypes: t.exposeStringList('allowedStepTypes', {
    nullable: true,
    description: 'Step types that may use it; null: any.',
  }),
  allowedEndpoints: t.exposeStringList('allowedEndpoints', {
    nullable: true,
    description: 'Endpoint ids or types that may use it; null: any.',
  }),
  allowedPurposes: t.exposeStringList('allowedPurposes', {
    nullable: true,
    description: 'Purposes that may use it; null: any.',
  }),
  enabled: t.exposeBoolean('enabled', { description: 'Whether the grant holds.' }),
  requestCount: t.field({
    ...COUNT,
    description: 'Requests made under it.',
    resolve: async (grant, _args, ctx) => (await meterOf(ctx, grant))?.requestCount ?? 0,
  }),
  totalTokens: t.field({
    ...COUNT,
    description: 'Tokens used under it.',
    resolve: async (grant, _args, ctx) => (await meterOf(ctx, grant))?.totalTokens ?? 0,
  }),
  lastUsedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When it was last used.',
    resolve: async (grant, _args, ctx) => (await meterOf(ctx, grant))?.lastUsedAt ?? null,
  }),
  grantedBy: t.string({
    nullable: true,
    description: 'The actor that granted it.',
    resolve: (grant) => grant.createdBy,
  }),
  workspace: edge(t, workspaces, 'The workspace.', (grant) => grant.workspaceId),
  logicalModel: edge(t, logicalModels, 'The granted model.', (grant) => grant.logicalModelId),
}));

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
export const grantList: FilteredList<
  Grant,
  { workspaceId?: string; parent?: { id: string }; enabledOnly?: boolean | null }
> = {
  args: (t) => ({ enabledOnly: t.arg.boolean({ description: 'Only enabled ones.' }) }),
  list: ({ workspaceId: given, parent, enabledOnly }) => {
    const workspaceId = (given ?? parent?.id)!;
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
