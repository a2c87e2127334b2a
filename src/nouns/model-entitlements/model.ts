import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { Doc } from '../../store/store.ts';
import { expectedVersion, flag, flagOr, id, within } from '../../validation/fields.ts';

export interface ModelEntitlement extends Doc {
  workspaceId: string;
  logicalModelId: string;
  workspaceLimits: Record<string, unknown>;
  allowedStepTypes: string[] | null;
  allowedEndpoints: string[] | null;
  allowedPurposes: string[] | null;
  enabled: boolean;
}

export const entitlements = defineNoun<ModelEntitlement>({
  type: 'ModelEntitlement',
  resource: 'model_entitlement',
  permission: 'entitlements',
  collection: {
    name: 'entitlements',
    first: {
      workspaceId: '',
      logicalModelId: '',
      workspaceLimits: {},
      allowedStepTypes: null,
      allowedEndpoints: null,
      allowedPurposes: null,
      enabled: true,
    },
    columns: ['enabled', 'logicalModelId'],
    scopes: ['workspaceId'],
    ancestors: [{ field: 'workspaceId', in: 'workspaces' }],
    totals: [['workspaceId'], ['workspaceId', 'enabled']],
    unique: (doc) => grantKey(doc.workspaceId, doc.logicalModelId),
    refs: [{ to: 'model', ids: (doc) => [doc.logicalModelId] }],
  },
});

/** One grant per workspace and logical model. */
export function grantKey(workspaceId: string, logicalModelId: string): string {
  return `${workspaceId}\u0001${logicalModelId}`;
}

/** The keys of `workspace_limits` that decisions enforce; a value they could not enforce is refused. */
const ENFORCED = [
  'requests_per_minute',
  'tokens_per_minute',
  'max_requests_per_month',
  'max_tokens_per_month',
  'max_tokens_per_request',
  'max_concurrency',
];
const LIMITS = `Free-form; these keys are enforced, and hold whole numbers from 0 or null (no limit): ${ENFORCED.join(', ')}.`;
const limits = (description: string) =>
  z
    .record(z.string(), z.unknown())
    .superRefine((value, ctx) => {
      for (const key of ENFORCED) {
        const limit = value[key] ?? null;
        if (limit === null || (Number.isSafeInteger(limit) && Number(limit) >= 0)) continue;
        ctx.addIssue({ code: 'custom', path: [key], message: 'an enforced limit is a whole number from 0, or null' });
      }
    })
    .optional()
    .describe(description);
const list = (what: string) => z.array(z.string()).nullable().optional().describe(`${what}; null allows any, [] none.`);
const READ_ONLY = [
  'entitlementId',
  'workspaceId',
  'orgId',
  'requestCount',
  'totalTokens',
  'lastUsedAt',
  'grantedBy',
  'createdAt',
  'updatedAt',
];
const lists = {
  allowedStepTypes: list('Step types that may use the model'),
  allowedEndpoints: list('Endpoint ids or types that may use the model'),
  allowedPurposes: list('Purposes that may use the model'),
};

export const grantModelEntitlementBody = z
  .object({
    logicalModelId: id('The model that is granted.'),
    workspaceLimits: limits(LIMITS),
    ...lists,
    enabled: flagOr(true, 'Whether the grant holds.'),
  })
  .meta({ readOnly: READ_ONLY });

export const updateModelEntitlementBody = z
  .object({
    workspaceLimits: limits(`${LIMITS} A key with null is removed.`),
    ...lists,
    enabled: flag('Whether the grant holds.'),
  })
  .meta({ readOnly: ['logicalModelId', ...READ_ONLY] });

const target = { ...within, workspaceId: z.string().describe('The workspace.') };
const model = { logicalModelId: z.string().describe('The granted model.'), expectedVersion };
export const grantModelEntitlementInput = grantModelEntitlementBody.extend(target);
export const updateModelEntitlementInput = updateModelEntitlementBody.extend({ ...target, ...model });
export const revokeModelEntitlementInput = z.object({ ...target, ...model });
