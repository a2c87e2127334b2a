import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import type { DecisionContext, Hop, Refusal } from '../../routing/facts.ts';
import { listOf, nullable, object } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';
import { id, optionalText, stringMap, within } from '../../validation/fields.ts';

export const ERROR_CLASSES = [
  'provider_error',
  'timeout',
  'rate_limited',
  'overloaded',
  'caller_error',
  'content_policy',
  'aborted',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

export interface Outcome {
  success: boolean;
  latencyMs: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  errorClass: ErrorClass | null;
  retryAfterSeconds: number | null;
  reportedAt: string;
}

export interface Decision extends Doc {
  workspaceId: string;
  context: DecisionContext;
  requestedModelId: string | null;
  estimatedInputTokens: number;
  estimatedOutputTokens: number;
  retryOf: string | null;
  /** Targets that had failed this request before, the last first; null in what 0.1.0 stored. */
  failedBefore: string[] | null;
  admitted: boolean;
  policyId: string | null;
  logicalModelId: string | null;
  providerAccountId: string | null;
  upstreamModel: string | null;
  entitlementId: string | null;
  /** Which state of which breaker admitted it; null where no breaker watches the target. */
  breaker: { target: string; generation: number } | null;
  expiresAt: string | null;
  refusal: Refusal | null;
  hops: Hop[];
  outcome: Outcome | null;
  /** When the record itself is dropped. */
  purgeAt: string;
}

export const decisions = defineNoun<Decision>({
  type: 'Decision',
  resource: 'decision',
  permission: 'decisions',
  collection: {
    name: 'decisions',
    first: {
      workspaceId: '',
      context: object<DecisionContext>({
        endpointType: null,
        endpointId: null,
        stepType: null,
        purpose: null,
        expectedParallelism: null,
        requiresStreaming: null,
        requiresFunctionCalling: null,
        requiresVision: null,
        tags: {},
        workspaceTags: null,
      }),
      requestedModelId: null,
      estimatedInputTokens: 0,
      estimatedOutputTokens: 0,
      retryOf: null,
      failedBefore: null,
      admitted: false,
      policyId: null,
      logicalModelId: null,
      providerAccountId: null,
      upstreamModel: null,
      entitlementId: null,
      breaker: nullable<NonNullable<Decision['breaker']>>({ target: '', generation: 0 }),
      expiresAt: null,
      refusal: nullable<Refusal>({
        code: 'NO_POLICY_MATCHED',
        level: 'policy',
        limit: null,
        retryAfter: null,
        change: null,
      }),
      hops: listOf<Hop>({ logicalModelId: '', providerAccountId: null, admitted: false, code: null }),
      outcome: nullable<Outcome>({
        success: false,
        latencyMs: null,
        inputTokens: null,
        outputTokens: null,
        errorClass: null,
        retryAfterSeconds: null,
        reportedAt: '',
      }),
      purgeAt: '',
    },
    scopes: ['workspaceId'],
    totals: [[]],
    expires: 'purgeAt',
  },
});

export const KEPT_MS = 30 * 24 * 3_600_000;

export type DecisionStatus = 'open' | 'reported' | 'expired' | 'refused';

export function statusOf(decision: Decision, nowMs: number): DecisionStatus {
  if (!decision.admitted) return 'refused';
  if (decision.outcome) return 'reported';
  return Date.parse(decision.expiresAt!) <= nowMs ? 'expired' : 'open';
}

const demanded = (what: string) => z.boolean().nullable().optional().describe(`Whether the request demands ${what}.`);
const estimate = (what: string) =>
  z.int().min(0).default(0).describe(`How many ${what} tokens it will take, as the caller reckons.`);

/** What a request says of itself, beside its workspace. */
export const contextFields = {
  endpointType: optionalText('The kind of endpoint that asks.'),
  endpointId: optionalText('The endpoint that asks.'),
  stepType: optionalText('The kind of step.'),
  purpose: optionalText('What for.'),
  expectedParallelism: optionalText('How parallel it will be.'),
  requiresStreaming: demanded('streaming'),
  requiresFunctionCalling: demanded('function calling'),
  requiresVision: demanded('vision'),
  tags: stringMap('Labels of the request.').nullable(),
  workspaceTags: stringMap("Labels that stand in for the workspace's own.").nullable(),
};

export const decideBody = z
  .object({
    workspaceId: id('The workspace that asks.'),
    ...contextFields,
    logicalModelId: optionalText('The model to use when no policy matches.'),
    estimatedInputTokens: estimate('input'),
    estimatedOutputTokens: estimate('output'),
    retryOf: optionalText('A reported, failed decision of the same request: what it tried is passed over.'),
  })
  .meta({
    readOnly: [
      ...[
        'decisionId',
        'orgId',
        'admitted',
        'policyId',
        'providerAccountId',
        'upstreamModel',
        'expiresAt',
        'refusal',
        'hops',
        'status',
      ],
      ...['outcome', 'createdBy', 'createdAt', 'updatedAt'],
    ],
  });

const count = (what: string) => z.int().min(0).nullable().optional().describe(what);
export const outcomeBody = z.object({
  success: z.boolean().describe('Whether the provider answered well.'),
  latencyMs: count('How long it took, in milliseconds.'),
  inputTokens: count('Input tokens used.'),
  outputTokens: count('Output tokens used.'),
  errorClass: z.enum(ERROR_CLASSES).nullable().optional().describe('What went wrong; required when not successful.'),
  retryAfterSeconds: count('How long the provider asked to wait.'),
});

export const decideInput = decideBody.extend(within);
export const reportOutcomeInput = outcomeBody.extend({ ...within, decisionId: z.string().describe('The decision.') });
