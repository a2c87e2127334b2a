import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import {
  BREAKER_DEFAULTS,
  type CircuitBreaker,
  MATCH_DEFAULTS,
  type Policy,
  type PolicyMatch,
} from '../../routing/facts.ts';
import { object } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';
import {
  expectedVersion,
  flag,
  flagOr,
  id,
  name,
  optionalText,
  stringMap,
  stringMapPatch,
  within,
} from '../../validation/fields.ts';

export interface RouterPolicy extends Doc, Policy {
  name: string;
  description: string | null;
  tags: Record<string, string>;
}

export const routerPolicies = defineNoun<RouterPolicy>({
  type: 'RouterPolicy',
  resource: 'router_policy',
  permission: 'router_policies',
  collection: {
    name: 'policies',
    kept: true,
    first: {
      name: '',
      description: null,
      priority: 0,
      match: object<PolicyMatch>(MATCH_DEFAULTS),
      routeTo: '',
      fallback: null,
      circuitBreaker: object<CircuitBreaker>(BREAKER_DEFAULTS),
      enabled: true,
      tags: {},
    },
    columns: ['enabled'],
    totals: [[]],
    refs: [{ to: 'model', ids: (doc) => [doc.routeTo, doc.fallback] }],
  },
});

const equal = (what: string) => optionalText(`The context's ${what} must equal this; null: any.`);
const demanded = (what: string) =>
  z.boolean().nullable().optional().describe(`true: only requests that demand ${what}; null or false: any.`);
const conditions = {
  endpointType: equal('endpoint_type'),
  endpointId: equal('endpoint_id'),
  stepType: equal('step_type'),
  purpose: equal('purpose'),
  workspaceId: equal('workspace_id'),
};
const demands = {
  expectedParallelism: equal('expected_parallelism'),
  requiresStreaming: demanded('streaming'),
  requiresFunctionCalling: demanded('function calling'),
  requiresVision: demanded('vision'),
};
const WORKSPACE_TAGS = "Pairs that the workspace's `key:value` tags must hold.";
const TAGS = "Pairs that the context's tags must hold.";
const matchInput = z
  .object({ ...conditions, workspaceTags: stringMap(WORKSPACE_TAGS), ...demands, tags: stringMap(TAGS) })
  .describe('When the policy matches: all conditions that are set must hold.');
const matchPatch = z
  .object({ ...conditions, workspaceTags: stringMapPatch(WORKSPACE_TAGS), ...demands, tags: stringMapPatch(TAGS) })
  .describe('Conditions to change; those left out stay.');

const bounds = {
  errorThresholdPercent: {
    type: z.number().min(0).max(100),
    text: 'Share of failures (or of slow answers), in percent, that opens a target.',
  },
  latencyThresholdMs: {
    type: z.int().min(1).nullable(),
    text: 'An answer slower than this many milliseconds counts as slow; null: none does.',
  },
  consecutiveFailures: { type: z.int().min(1), text: 'Failures in a row that open a target.' },
  evaluationWindowSeconds: { type: z.int().min(1), text: 'The window that results are counted in, in seconds.' },
  minRequestsThreshold: { type: z.int().min(1), text: 'Results in the window before shares are looked at.' },
  cooldownSeconds: { type: z.int().min(1), text: 'How long a target stays open, in seconds.' },
  halfOpenRequests: { type: z.int().min(1), text: 'Probes at a time in half-open, and successes that close.' },
  autoDisable: { type: z.boolean(), text: 'Whether five openings within an hour latch the policy.' },
  notifyOnOpen: { type: z.boolean(), text: 'Whether every transition is recorded as an event.' },
} as const;
type Breaker = typeof bounds;
const settings = Object.entries(bounds) as [keyof CircuitBreaker, Breaker[keyof Breaker]][];
const breakerInput = z
  .object(
    Object.fromEntries(
      settings.map(([field, { type, text }]) => [
        field,
        (type as z.ZodType).default(BREAKER_DEFAULTS[field]).describe(text),
      ]),
    ),
  )
  .describe('When to stop sending to a failing target.');
const breakerPatch = z
  .object(
    Object.fromEntries(
      settings.map(([field, { type, text }]) => [field, (type as z.ZodType).optional().describe(text)]),
    ),
  )
  .describe('Breaker settings to change; those left out stay, and so does its state.');

const READ_ONLY = [
  ...['policyId', 'orgId', 'status', 'matchCount', 'successCount', 'errorCount', 'errorRatePercent', 'lastMatchedAt'],
  ...['createdBy', 'createdAt', 'updatedAt'],
];
const PRIORITY = 'Higher goes first.';

export const createRouterPolicyBody = z
  .object({
    name: name('The name; need not be unique.'),
    description: optionalText('What the policy is for.'),
    priority: z.int().default(0).describe(PRIORITY),
    match: matchInput,
    routeTo: id('The logical model to route to.'),
    fallback: optionalText('The logical model to take when that one cannot.'),
    circuitBreaker: breakerInput.default(BREAKER_DEFAULTS as never),
    enabled: flagOr(true, 'Whether the policy takes part.'),
    tags: stringMap('Free labels.'),
  })
  .meta({ readOnly: READ_ONLY });

export const updateRouterPolicyBody = z
  .object({
    name: name('The name; need not be unique.').optional(),
    description: optionalText('What the policy is for.'),
    priority: z.int().optional().describe(PRIORITY),
    match: matchPatch.optional(),
    routeTo: id('The logical model to route to.').optional(),
    fallback: optionalText('The logical model to take when that one cannot.'),
    circuitBreaker: breakerPatch.optional(),
    enabled: flag('Whether the policy takes part; true also releases a latched one.'),
    tags: stringMapPatch('Free labels.'),
  })
  .meta({ readOnly: READ_ONLY });

export const testMatchBody = z.object({
  context: z
    .record(z.string(), z.unknown())
    .describe('The request to match, with the names of `match`; other names are ignored.'),
});

const strict = z.boolean().nullable().optional().describe('true refuses the change when the linter warns.');
const target = { policyId: z.string().describe('The policy.'), expectedVersion };
export const createRouterPolicyInput = createRouterPolicyBody.extend({ ...within, strict });
export const updateRouterPolicyInput = updateRouterPolicyBody.extend({ ...within, ...target, strict });
export const disableRouterPolicyInput = z.object({ ...within, ...target });
export const deleteRouterPolicyInput = z.object({ ...within, ...target });
export const resetRouterPolicyBreakerInput = z.object({ ...within, ...target });
