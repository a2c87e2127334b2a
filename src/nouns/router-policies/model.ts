import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { BREAKER_DEFAULTS, type PolicyStatus } from '../../routing/facts.ts';
import { expectedVersion, within } from '../../validation/fields.ts';

export const policyStatus = field.words<PolicyStatus>('RouterPolicyStatus', "A policy's state, derived.", {
  active: 'It routes.',
  inactive: 'Disabled, or latched after too many openings.',
  circuit_open: 'Every target of its model is open.',
  circuit_half_open: 'No target is closed, and one is being probed.',
});

const equal = (name: string, shown: string) =>
  field.optionalText(`The context's ${name} must equal this; null: any.`, { shown });
const demanded = (what: string) =>
  field.optionalFlag(`true: only requests that demand ${what}; null or false: any.`, {
    shown: `true: only requests that demand ${what}.`,
  });

export const policyMatch = field.object(
  'RouterPolicyMatch',
  'When a policy matches: all conditions that are set must hold; null, false and {} set none.',
  {
    endpointType: equal('endpoint_type', 'The endpoint type must equal this.'),
    endpointId: equal('endpoint_id', 'The endpoint id must equal this.'),
    stepType: equal('step_type', 'The step type must equal this.'),
    purpose: equal('purpose', 'The purpose must equal this.'),
    workspaceId: equal('workspace_id', 'The workspace must be this.'),
    workspaceTags: field.stringMap("Pairs that the workspace's `key:value` tags must hold.", {
      shown: "Pairs that the workspace's tags must hold.",
    }),
    expectedParallelism: equal('expected_parallelism', 'The expected parallelism must equal this.'),
    requiresStreaming: demanded('streaming'),
    requiresFunctionCalling: demanded('function calling'),
    requiresVision: demanded('vision'),
    tags: field.stringMap("Pairs that the context's tags must hold."),
  },
);

const usual = BREAKER_DEFAULTS;
const circuitBreaker = field.object('CircuitBreakerPolicy', 'When to stop sending to a failing target.', {
  errorThresholdPercent: field.percent(
    usual.errorThresholdPercent,
    'Share of failures (or of slow answers), in percent, that opens a target.',
    { shown: 'Share of failures, or of slow answers, that opens a target.' },
  ),
  latencyThresholdMs: field.integerOrNull(
    usual.latencyThresholdMs,
    { min: 1 },
    'An answer slower than this many milliseconds counts as slow; null: none does.',
    { shown: 'An answer slower than this counts as slow; null: none does.' },
  ),
  consecutiveFailures: field.integerOr(usual.consecutiveFailures, { min: 1 }, 'Failures in a row that open a target.'),
  evaluationWindowSeconds: field.integerOr(
    usual.evaluationWindowSeconds,
    { min: 1 },
    'The window that results are counted in, in seconds.',
    { shown: 'The window, in seconds.' },
  ),
  minRequestsThreshold: field.integerOr(
    usual.minRequestsThreshold,
    { min: 1 },
    'Results in the window before shares are looked at.',
  ),
  cooldownSeconds: field.integerOr(usual.cooldownSeconds, { min: 1 }, 'How long a target stays open, in seconds.'),
  halfOpenRequests: field.integerOr(
    usual.halfOpenRequests,
    { min: 1 },
    'Probes at a time in half-open, and successes that close.',
    { shown: 'Probes at a time, and successes that close.' },
  ),
  autoDisable: field.flag(usual.autoDisable, 'Whether five openings within an hour latch the policy.'),
  notifyOnOpen: field.flag(usual.notifyOnOpen, 'Whether every transition is recorded as an event.'),
});

const fields = {
  policyId: field.documentedId(),
  orgId: field.org(),
  name: field.name('The name; need not be unique.'),
  description: field.optionalText('What the policy is for.'),
  priority: field.integerOr(0, {}, 'Higher goes first.'),
  match: field.requiredSettings(policyMatch, 'When the policy matches: all conditions that are set must hold.', {
    changed: 'Conditions to change; those left out stay.',
    shown: 'When it matches.',
  }),
  routeTo: field.id('The logical model to route to.', { shown: 'The slug of the model to route to.' }),
  fallback: field.optionalText('The logical model to take when that one cannot.', {
    shown: 'The slug of the model to take when that one cannot.',
  }),
  circuitBreaker: field.settings(circuitBreaker, 'When to stop sending to a failing target.', {
    changed: 'Breaker settings to change; those left out stay, and so does its state.',
  }),
  status: field.derived(field.word(policyStatus, 'active', 'Its state, derived.')),
  enabled: field.flag(true, 'Whether the policy takes part.', {
    changed: 'Whether the policy takes part; true also releases a latched one.',
    shown: 'Whether it takes part; false also while latched.',
  }),
  latched: field.graphOnly(
    field.derived(field.flag(false, 'Whether too many openings have latched it: only its fallback answers.')),
  ),
  matchCount: field.derived(field.count('Reported decisions that it made.')),
  successCount: field.derived(field.count('Those that succeeded.')),
  errorCount: field.derived(field.count('Those that failed by no fault of the caller.')),
  errorRatePercent: field.derived(
    field.documented(
      { minimum: 0, maximum: 100 },
      field.percent(0, 'Share of errors among successes and errors, in percent.'),
    ),
  ),
  lastMatchedAt: field.derived(field.optionalTime('When its last reported decision was made.')),
  tags: field.stringMap('Free labels.'),
  ...field.authored,
};
export type RouterPolicy = field.DocOf<typeof fields>;

export const routerPolicies = defineNoun(fields, {
  type: 'RouterPolicy',
  resource: 'router_policy',
  permission: 'router_policies',
  collection: {
    name: 'policies',
    stamped: true,
    kept: true,
    columns: ['enabled'],
    totals: [[]],
    refs: [{ to: 'model', ids: (doc) => [doc.routeTo, doc.fallback] }],
  },
});

export const testMatchBody = z.object({
  context: z
    .record(z.string(), z.unknown())
    .describe('The request to match, with the names of `match`; other names are ignored.'),
});

const strict = z.boolean().nullable().optional().describe('true refuses the change when the linter warns.');
const target = { policyId: z.string().describe('The policy.'), expectedVersion };
export const createRouterPolicyInput = routerPolicies.bodies.create.extend({ ...within, strict });
export const updateRouterPolicyInput = routerPolicies.bodies.update.extend({ ...within, ...target, strict });
export const disableRouterPolicyInput = z.object({ ...within, ...target });
export const deleteRouterPolicyInput = z.object({ ...within, ...target });
export const resetRouterPolicyBreakerInput = z.object({ ...within, ...target });
