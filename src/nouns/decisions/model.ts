import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import { LEVELS, REFUSAL_CODES, type SmallestChange } from '../../routing/facts.ts';
import { nullable } from '../../store/complete.ts';
import { optionalText, within } from '../../validation/fields.ts';
import { requestContext } from '../router-policies/context.ts';

function described<W extends string>(values: readonly W[], meaning: (words: string) => string) {
  const meanings = values.map((value) => [value, meaning(value.toLowerCase().replaceAll('_', ' '))]);
  return Object.fromEntries(meanings) as Record<W, string>;
}

const ERROR_CLASSES = [
  'provider_error',
  'timeout',
  'rate_limited',
  'overloaded',
  'caller_error',
  'content_policy',
  'aborted',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

const errorClass = field.words(
  'DecisionErrorClass',
  'What went wrong.',
  described(ERROR_CLASSES, (words) => `It was: ${words}.`),
);
export const refusalCode = field.words(
  'DecisionRefusalCode',
  'Why a hop or a whole decision was refused.',
  described(REFUSAL_CODES, (words) => `Refused: ${words}.`),
);
const refusalLevel = field.words(
  'DecisionRefusalLevel',
  'What bound.',
  described(LEVELS, (words) => `The ${words}.`),
);
const status = field.words('DecisionStatus', 'How far a decision is.', {
  open: 'Admitted, not reported yet.',
  reported: 'Its outcome is known.',
  expired: 'Its lease ended without a report.',
  refused: 'Not admitted.',
});

export const refusal = field.object('DecisionRefusal', 'Why a decision was refused.', {
  code: field.readOnly(field.word(refusalCode, 'NO_POLICY_MATCHED', 'The reason.')),
  level: field.readOnly(field.word(refusalLevel, 'policy', 'What bound.')),
  limit: field.readOnly(field.optionalText('The documented key of the limit that bound.')),
  retryAfter: field.readOnly(
    field.optionalCount(
      'Seconds until grant and account (of several the first) have room by all limits, or the breaker’s first target is free.',
    ),
  ),
  change: field.internal<SmallestChange | null>(null),
});

export const hop = field.object('DecisionHop', 'One logical model that was tried.', {
  logicalModelId: field.readOnly(field.id('The model.')),
  providerAccountId: field.readOnly(field.optionalText('The account that served or refused it.')),
  admitted: field.readOnly(field.flag(false, 'Whether it was taken.')),
  code: field.readOnly(field.optionalWord(refusalCode, 'Why not.')),
});

const outcome = field.object('DecisionOutcome', 'What came of a decision, as the caller reported it.', {
  success: field.requiredFlag('Whether the provider answered well.'),
  latencyMs: field.optionalCount('How long it took, in milliseconds.'),
  inputTokens: field.optionalCount('Input tokens used.'),
  outputTokens: field.optionalCount('Output tokens used.'),
  errorClass: field.optionalWord(errorClass, 'What went wrong; required when not successful.', {
    shown: 'What went wrong.',
  }),
  retryAfterSeconds: field.optionalCount('How long the provider asked to wait.'),
  reportedAt: field.readOnly(field.time('When it was reported.')),
});
export type Outcome = field.ValuesOf<typeof outcome.fields>;

const estimate = (what: string) =>
  field.createOnly(
    field.count(`How many ${what} tokens it will take, as the caller reckons.`, {
      shown: `${what === 'input' ? 'Input' : 'Output'} tokens as reckoned.`,
    }),
  );

const fields = {
  decisionId: field.documentedId(),
  orgId: field.org(),
  workspaceId: field.createOnly(field.id('The workspace that asks.', { shown: 'The workspace that asked.' })),
  ...field.partsOf('context', requestContext),
  context: field.stored(requestContext),
  requestedModelId: field.internal<string | null>(null),
  estimatedInputTokens: estimate('input'),
  estimatedOutputTokens: estimate('output'),
  retryOf: field.createOnly(
    field.optionalText('A reported, failed decision of the same request: what it tried is passed over.', {
      shown: 'The failed decision that it retries.',
    }),
  ),
  /** Targets that had failed this request before, the last first; null in what 0.1.0 stored. */
  failedBefore: field.internal<string[] | null>(null),
  admitted: field.made(field.flag(false, 'Whether it may go.')),
  policyId: field.made(field.optionalText('The policy that decided.')),
  logicalModelId: field.made(field.optionalText('The logical model to use.')),
  providerAccountId: field.made(field.optionalText('The account to use.')),
  upstreamModel: field.made(field.optionalText("The provider's own name of the model.")),
  entitlementId: field.internal<string | null>(null),
  /** Which state of which breaker admitted it; null where no breaker watches the target. */
  breaker: field.internal(nullable<{ target: string; generation: number }>({ target: '', generation: 0 })),
  expiresAt: field.made(field.optionalTime('When its lease ends: ten minutes after it was made.')),
  refusal: field.made(field.optionalPart(refusal, 'Why it was refused: the first hop’s reason.')),
  hops: field.made(field.parts(hop, 'The models tried, in order.')),
  status: field.derived(field.word(status, 'open', 'How far it is.')),
  outcome: field.readOnly(field.optionalPart(outcome, 'What came of it.')),
  /** When the record itself is dropped. */
  purgeAt: field.internal(''),
  /** In the order of the commits that made and reported decisions; given by the commit itself. */
  place: field.internal(0),
  ...field.authored,
};
export type Decision = field.DocOf<typeof fields>;

export const decisions = defineNoun(fields, {
  type: 'Decision',
  resource: 'decision',
  permission: 'decisions',
  collection: {
    name: 'decisions',
    scopes: ['workspaceId'],
    filters: ['policyId', 'providerAccountId', 'logicalModelId', 'admitted'],
    totals: [[]],
    refs: [{ to: 'refusal', ids: ({ refusal: refused }) => [refused?.code ?? null] }],
    expires: 'purgeAt',
    numbered: 'place',
    renumbered: true,
  },
});

/** A decision that may go: what it may use, and until when, was decided with that. */
export type Admitted = Decision &
  Record<'logicalModelId' | 'providerAccountId' | 'upstreamModel' | 'entitlementId' | 'expiresAt', string>;

export function isAdmitted(decision: Decision): decision is Admitted {
  return decision.admitted;
}

export const KEPT_MS = 30 * 24 * 3_600_000;

export function statusOf(decision: Decision, nowMs: number): keyof typeof status.values {
  if (!isAdmitted(decision)) return 'refused';
  if (decision.outcome) return 'reported';
  return Date.parse(decision.expiresAt) <= nowMs ? 'expired' : 'open';
}

const { estimatedInputTokens, estimatedOutputTokens, retryOf, ...asked } = decisions.bodies.create.shape;
/** The caller names a model by the name under which replies show the chosen one. */
export const decideBody = z
  .object({
    ...asked,
    logicalModelId: optionalText('The model to use when no policy matches.'),
    estimatedInputTokens,
    estimatedOutputTokens,
    retryOf,
  })
  .meta({ ...decisions.bodies.create.meta() });
export const outcomeBody = z.object(field.createBody(outcome.fields).shape);

export const decideInput = decideBody.extend(within);
export const reportOutcomeInput = outcomeBody.extend({ ...within, decisionId: z.string().describe('The decision.') });
