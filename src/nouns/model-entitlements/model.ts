import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { expectedVersion, within } from '../../validation/fields.ts';

/** The keys of `workspace_limits` that decisions enforce; a value they could not enforce is refused. */
const ENFORCED = [
  'requests_per_minute',
  'tokens_per_minute',
  'max_requests_per_month',
  'max_tokens_per_month',
  'max_tokens_per_request',
  'max_concurrency',
];
const limits = z.record(z.string(), z.unknown()).superRefine((value, ctx) => {
  for (const key of ENFORCED) {
    const limit = value[key] ?? null;
    if (limit === null || (Number.isSafeInteger(limit) && Number(limit) >= 0)) continue;
    ctx.addIssue({ code: 'custom', path: [key], message: 'an enforced limit is a whole number from 0, or null' });
  }
});
const LIMITS = `Free-form; these keys are enforced, and hold whole numbers from 0 or null (no limit): ${ENFORCED.join(', ')}.`;

const allowed = (what: string) =>
  field.optionalTextList(z.string(), `${what} that may use the model; null allows any, [] none.`, {
    shown: `${what} that may use it; null: any.`,
  });

const fields = {
  entitlementId: field.documentedId(),
  workspaceId: field.parent('The workspace.'),
  orgId: field.org(),
  logicalModelId: field.createOnly(field.id('The model that is granted.', { shown: 'The slug of the granted model.' })),
  workspaceLimits: field.freeMap(limits, LIMITS, {
    changed: `${LIMITS} A key with null is removed.`,
    shown: 'Free-form limits; the documented keys are enforced.',
  }),
  allowedStepTypes: allowed('Step types'),
  allowedEndpoints: allowed('Endpoint ids or types'),
  allowedPurposes: allowed('Purposes'),
  enabled: field.flag(true, 'Whether the grant holds.'),
  requestCount: field.derived(field.count('Requests made under it.')),
  totalTokens: field.derived(field.count('Tokens used under it.')),
  lastUsedAt: field.derived(field.optionalTime('When it was last used.')),
  grantedBy: field.derived(field.optionalText('The actor that granted it.')),
  ...field.dated,
};
export type ModelEntitlement = field.DocOf<typeof fields>;

export const entitlements = defineNoun(fields, {
  type: 'ModelEntitlement',
  resource: 'model_entitlement',
  permission: 'entitlements',
  collection: {
    name: 'entitlements',
    stamped: true,
    kept: true,
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

const target = { ...within, workspaceId: z.string().describe('The workspace.') };
const model = { logicalModelId: z.string().describe('The granted model.'), expectedVersion };
export const grantModelEntitlementInput = entitlements.bodies.create.extend(target);
export const updateModelEntitlementInput = entitlements.bodies.update.extend({ ...target, ...model });
export const revokeModelEntitlementInput = z.object({ ...target, ...model });
