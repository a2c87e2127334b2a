import { z } from 'zod';
import { defineNoun } from '../../resource/noun.ts';
import { object } from '../../store/complete.ts';
import type { Doc } from '../../store/store.ts';
import {
  expectedVersion,
  flag,
  flagOr,
  name,
  optionalText,
  stringMap,
  stringMapPatch,
  within,
} from '../../validation/fields.ts';
import { referenceProblem } from './rules.ts';

export const PROVIDER_TYPES = [
  ...['azure_openai', 'openai', 'anthropic', 'aws_bedrock', 'google_vertex', 'google_gemini', 'cohere', 'mistral'],
  ...['groq', 'together', 'huggingface', 'ollama', 'vllm', 'custom'],
] as const;
export const ACCOUNT_STATUSES = ['active', 'inactive', 'degraded', 'error', 'quota_exceeded'] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];

export interface QuotaPolicy {
  maxTokensPerMonth: number | null;
  maxRequestsPerMonth: number | null;
}

export interface RateLimitPolicy {
  requestsPerSecond: number | null;
  requestsPerMinute: number | null;
  inputTokensPerMinute: number | null;
  outputTokensPerMinute: number | null;
  maxConcurrency: number;
  burstSize: number;
  queuePolicy: 'wait' | 'reject';
  queueTimeoutSeconds: number;
}

export interface ProviderAccount extends Doc {
  name: string;
  description: string | null;
  providerType: (typeof PROVIDER_TYPES)[number];
  region: string | null;
  dataResidency: string | null;
  credentialsRef: string;
  quotaPolicy: QuotaPolicy;
  rateLimitPolicy: RateLimitPolicy;
  enabled: boolean;
  routingMode: 'direct' | 'bridge';
  bridgeId: string | null;
  bridgeEndpointName: string | null;
  tags: Record<string, string>;
}

export const RATE_LIMIT_DEFAULTS: RateLimitPolicy = {
  requestsPerSecond: null,
  requestsPerMinute: null,
  inputTokensPerMinute: null,
  outputTokensPerMinute: null,
  maxConcurrency: 10,
  burstSize: 10,
  queuePolicy: 'wait',
  queueTimeoutSeconds: 300,
};

export const providerAccounts = defineNoun<ProviderAccount>({
  type: 'ProviderAccount',
  resource: 'provider_account',
  permission: 'provider_accounts',
  referredAs: 'account',
  collection: {
    name: 'provider_accounts',
    kept: true,
    first: {
      name: '',
      description: null,
      providerType: 'custom',
      region: null,
      dataResidency: null,
      credentialsRef: '',
      quotaPolicy: object<QuotaPolicy>({ maxTokensPerMonth: null, maxRequestsPerMonth: null }),
      rateLimitPolicy: object<RateLimitPolicy>(RATE_LIMIT_DEFAULTS),
      enabled: true,
      routingMode: 'direct',
      bridgeId: null,
      bridgeEndpointName: null,
      tags: {},
    },
    columns: ['enabled', 'providerType'],
    totals: [[], ['enabled'], ['providerType'], ['providerType', 'enabled']],
  },
});

/** What health checks have seen of an account; apart from it, since derived status never changes its version. */
export interface AccountHealth extends Doc {
  state: 'active' | 'degraded' | 'error';
  reason: string | null;
  failures: number;
  checkedAt: string | null;
  /** The `credentialsRef` that it was observed of; absent in what 0.1.0 stored. */
  reference?: string;
}
export const accountHealth = { name: 'account_health' } as const;

const per = (what: string) => z.int().min(1).nullable().optional().describe(`${what}; null: no limit.`);
const month = (what: string) =>
  z.int().min(0).nullable().optional().describe(`${what} per calendar month (UTC); null: no limit.`);

const quotaPolicy = z
  .object({ maxTokensPerMonth: month('Tokens'), maxRequestsPerMonth: month('Requests') })
  .meta({ readOnly: ['currentMonthTokens', 'currentMonthRequests', 'usagePeriod'] })
  .optional()
  .describe('How much the account may be used in a month.');

const rates = {
  requestsPerSecond: per('Requests a second'),
  requestsPerMinute: per('Requests a minute'),
  inputTokensPerMinute: per('Input tokens a minute'),
  outputTokensPerMinute: per('Output tokens a minute'),
};
const concurrency = z.int().min(1);
const queue = z.enum(['wait', 'reject']);
const timeout = z.int().min(1).max(3600);
const WORDS = {
  maxConcurrency: 'Requests at a time.',
  burstSize: 'Requests that may come at once after a pause.',
  queuePolicy: 'Whether a refusal says when there will be room; nothing is ever held.',
  queueTimeoutSeconds: 'The longest wait that a refusal speaks of, in seconds.',
};
const rateLimitPolicy = z
  .object({
    ...rates,
    maxConcurrency: concurrency.default(10).describe(WORDS.maxConcurrency),
    burstSize: concurrency.default(10).describe(WORDS.burstSize),
    queuePolicy: queue.default('wait').describe(WORDS.queuePolicy),
    queueTimeoutSeconds: timeout.default(300).describe(WORDS.queueTimeoutSeconds),
  })
  .describe('How fast the account may be used.');
const rateLimitPatch = z
  .object({
    ...rates,
    maxConcurrency: concurrency.optional().describe(WORDS.maxConcurrency),
    burstSize: concurrency.optional().describe(WORDS.burstSize),
    queuePolicy: queue.optional().describe(WORDS.queuePolicy),
    queueTimeoutSeconds: timeout.optional().describe(WORDS.queueTimeoutSeconds),
  })
  .describe('How fast the account may be used; fields left out stay.');

const places = {
  region: optionalText("The provider's region."),
  dataResidency: optionalText('Where data must stay; free.'),
};
const credentialsRef = z
  .string()
  .min(1)
  .superRefine((value, ctx) => {
    const problem = referenceProblem(value);
    if (problem) ctx.addIssue({ code: 'custom', message: problem });
  })
  .describe('A reference to the credentials (`env:NAME`, `vault:…`, `arn:…`); never a secret.');
const bridge = {
  bridgeId: optionalText('The bridge to route through; needed for `bridge`.'),
  bridgeEndpointName: optionalText("The bridge's endpoint; needed for `bridge`."),
};
const READ_ONLY = [
  'providerAccountId',
  'orgId',
  'status',
  'statusReason',
  'lastHealthCheck',
  'createdBy',
  'createdAt',
  'updatedAt',
];
const MODE = 'Whether requests go to the provider or through a bridge.';

export const createProviderAccountBody = z
  .object({
    name: name('The name; need not be unique.'),
    description: optionalText('What the account is for.'),
    providerType: z.enum(PROVIDER_TYPES).describe('Whose account it is.'),
    ...places,
    credentialsRef,
    quotaPolicy,
    rateLimitPolicy: rateLimitPolicy.default(RATE_LIMIT_DEFAULTS),
    enabled: flagOr(true, "The operator's switch."),
    routingMode: z.enum(['direct', 'bridge']).default('direct').describe(MODE),
    ...bridge,
    tags: stringMap('Free labels.'),
  })
  .meta({ readOnly: READ_ONLY });

export const updateProviderAccountBody = z
  .object({
    name: name('The name; need not be unique.').optional(),
    description: optionalText('What the account is for.'),
    providerType: z.enum(PROVIDER_TYPES).optional().describe('Whose account it is.'),
    ...places,
    credentialsRef: credentialsRef.optional(),
    quotaPolicy,
    rateLimitPolicy: rateLimitPatch.optional(),
    enabled: flag("The operator's switch."),
    routingMode: z.enum(['direct', 'bridge']).optional().describe(MODE),
    ...bridge,
    tags: stringMapPatch('Free labels.'),
  })
  .meta({ readOnly: READ_ONLY });

const target = { providerAccountId: z.string().describe('The account.') };
export const createProviderAccountInput = createProviderAccountBody.extend(within);
export const updateProviderAccountInput = updateProviderAccountBody.extend({ ...within, ...target, expectedVersion });
export const deleteProviderAccountInput = z.object({ ...within, ...target, expectedVersion });
export const checkProviderAccountInput = z.object({ ...within, ...target });
