import { z } from 'zod';
import * as field from '../../resource/field/index.ts';
import { defineNoun } from '../../resource/noun.ts';
import type { Collection, Doc } from '../../store/store.ts';
import { expectedVersion, within } from '../../validation/fields.ts';
import { referenceProblem } from './reference.ts';

export const PROVIDER_TYPES = [
  ...['azure_openai', 'openai', 'anthropic', 'aws_bedrock', 'google_vertex', 'google_gemini', 'cohere', 'mistral'],
  ...['groq', 'together', 'huggingface', 'ollama', 'vllm', 'custom'],
] as const;
type ProviderType = (typeof PROVIDER_TYPES)[number];

export const providerType = field.words(
  'ProviderType',
  'Whose account it is.',
  Object.fromEntries(PROVIDER_TYPES.map((type) => [type, `The provider ${type}.`])) as Record<ProviderType, string>,
);
export const accountStatus = field.words('ProviderAccountStatus', 'What is observed of an account.', {
  active: 'It answers.',
  inactive: 'Disabled by its operator.',
  degraded: 'Its last health check failed.',
  error:
    'Three health checks in a row failed, or its credentials were refused, and none has succeeded since; other credentials, or enabling it again, begin anew.',
  quota_exceeded: "The month's quota is used up.",
});
export type AccountStatus = keyof typeof accountStatus.values;
const routingMode = field.words('RoutingMode', 'How requests reach the provider.', {
  direct: 'To the provider.',
  bridge: 'Through a bridge.',
});
const queuePolicy = field.words('QueuePolicy', 'What a refusal says.', {
  wait: 'When there will be room.',
  reject: 'Nothing.',
});

const month = (what: string) =>
  field.optionalInteger({ min: 0 }, `${what} per calendar month (UTC); null: no limit.`, {
    shown: `${what}; null: no limit.`,
  });

export const quotaPolicy = field.object(
  'QuotaPolicy',
  'How much an account may be used in a month, and how much it was in this one.',
  {
    maxTokensPerMonth: month('Tokens'),
    maxRequestsPerMonth: month('Requests'),
    currentMonthTokens: field.derived(field.count('Tokens used in this month (UTC).')),
    currentMonthRequests: field.derived(field.count('Requests made in this month (UTC).')),
    exhaustedAt: field.graphOnly(
      field.derived(
        field.optionalTime('When a quota will be used up at the present rate of this month; null: not within it.'),
      ),
    ),
    usagePeriod: field.derived(field.optionalText('This month, `YYYY-MM` (UTC).')),
  },
);

const per = (what: string) => field.optionalInteger({ min: 1 }, `${what}; null: no limit.`);

const rateLimitPolicy = field.object('RateLimitPolicy', 'How fast an account may be used.', {
  requestsPerSecond: per('Requests a second'),
  requestsPerMinute: per('Requests a minute'),
  inputTokensPerMinute: per('Input tokens a minute'),
  outputTokensPerMinute: per('Output tokens a minute'),
  maxConcurrency: field.integerOr(10, { min: 1 }, 'Requests at a time.'),
  burstSize: field.integerOr(10, { min: 1 }, 'Requests that may come at once after a pause.'),
  queuePolicy: field.wordOr(
    queuePolicy,
    'wait',
    'Whether a refusal says when there will be room; nothing is ever held.',
    { shown: 'Whether a refusal says when there will be room.' },
  ),
  queueTimeoutSeconds: field.integerOr(
    300,
    { min: 1, max: 3600 },
    'The longest wait that a refusal speaks of, in seconds.',
  ),
});

const credentialsRef = z
  .string()
  .min(1)
  .superRefine((value, ctx) => {
    const problem = referenceProblem(value);
    if (problem) ctx.addIssue({ code: 'custom', message: problem });
  });

const fields = {
  providerAccountId: field.documentedId(),
  orgId: field.org(),
  name: field.name('The name; need not be unique.'),
  description: field.optionalText('What the account is for.'),
  providerType: field.word(providerType, 'custom', 'Whose account it is.'),
  region: field.optionalText("The provider's region."),
  dataResidency: field.optionalText('Where data must stay; free.'),
  credentialsRef: field.text(
    credentialsRef,
    'A reference to the credentials (`env:NAME`, `vault:…`, `arn:…`); never a secret.',
    { shown: 'A reference to the credentials; never a secret.' },
  ),
  quotaPolicy: field.settings(quotaPolicy, 'How much the account may be used in a month.', {
    shown: 'Its monthly quota and usage.',
  }),
  rateLimitPolicy: field.settings(rateLimitPolicy, 'How fast the account may be used.', {
    changed: 'How fast the account may be used; fields left out stay.',
    shown: 'How fast it may be used.',
  }),
  status: field.derived(field.word(accountStatus, 'active', 'What is observed of it.')),
  statusReason: field.derived(field.optionalText('Why it has this status.')),
  enabled: field.flag(true, "The operator's switch."),
  routingMode: field.wordOr(routingMode, 'direct', 'Whether requests go to the provider or through a bridge.', {
    shown: 'How requests reach the provider.',
  }),
  bridgeId: field.optionalText('The bridge to route through; needed for `bridge`.', { shown: 'The bridge.' }),
  bridgeEndpointName: field.optionalText("The bridge's endpoint; needed for `bridge`.", {
    shown: "The bridge's endpoint.",
  }),
  lastHealthCheck: field.derived(field.optionalTime('When it was last checked.')),
  tags: field.stringMap('Free labels.'),
  ...field.authored,
};
export type ProviderAccount = field.DocOf<typeof fields>;

export const providerAccounts = defineNoun(fields, {
  type: 'ProviderAccount',
  resource: 'provider_account',
  permission: 'provider_accounts',
  referredAs: 'account',
  collection: {
    name: 'provider_accounts',
    stamped: true,
    kept: true,
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
export const accountHealth: Collection<AccountHealth> = {
  name: 'account_health',
  first: { state: 'active', reason: null, failures: 0, checkedAt: null, reference: undefined },
};

const target = { providerAccountId: z.string().describe('The account.') };
export const createProviderAccountInput = providerAccounts.bodies.create.extend(within);
export const updateProviderAccountInput = providerAccounts.bodies.update.extend({
  ...within,
  ...target,
  expectedVersion,
});
export const deleteProviderAccountInput = z.object({ ...within, ...target, expectedVersion });
export const checkProviderAccountInput = z.object({ ...within, ...target });
