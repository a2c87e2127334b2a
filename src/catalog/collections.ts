import { allNouns } from '../resource/noun.ts';
import './nouns.ts';
import { tokenRules } from '../access/authenticate.ts';
import { jobCountRules, jobCounts } from '../nouns/jobs/counts.ts';
import { orgIndex } from '../nouns/orgs/model.ts';
import { healthRules } from '../nouns/provider-accounts/health.ts';
import { healthCollection } from '../nouns/provider-accounts/repository.ts';
import { credentials, tokenUses } from '../nouns/tokens/model.ts';
import { signingSecrets } from '../nouns/webhooks/model.ts';
import { generationRules, generations } from '../resource/generation.ts';
import { idempotencyRecords } from '../resource/idempotency.ts';
import { tasks } from '../resource/task.ts';
import { decisionRules } from '../routing/rules.ts';
import { meters, policyBreakers, policyCounters } from '../routing/state.ts';
import { type AnyCollection, numberings, type Rule, tombstones } from '../store/store.ts';

/** Everything that is stored: an engine makes its tables and indexes from this list. */
export const collections: readonly AnyCollection[] = [
  ...allNouns().map((noun) => noun.collection),
  ...[
    credentials,
    tokenUses,
    tasks,
    tombstones,
    orgIndex,
    idempotencyRecords,
    healthCollection,
    generations,
    numberings,
    signingSecrets,
  ],
  ...[meters, policyCounters, policyBreakers, jobCounts],
];

/** Every rule that an `apply` can name. */
export const rules: Record<string, Rule> = {
  ...tokenRules,
  ...generationRules,
  ...decisionRules,
  ...healthRules,
  ...jobCountRules,
} as Record<string, Rule>;
