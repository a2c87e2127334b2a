import { allNouns } from '../resource/noun.ts';
import './nouns.ts';
import { jobCounts } from '../nouns/jobs/counts.ts';
import { orgIndex } from '../nouns/orgs/model.ts';
import { accountHealth } from '../nouns/provider-accounts/model.ts';
import { credentials, tokenUses } from '../nouns/tokens/model.ts';
import { signingSecrets } from '../nouns/webhooks/model.ts';
import { generations } from '../resource/generation.ts';
import { idempotencyRecords } from '../resource/idempotency.ts';
import { tasks } from '../resource/task.ts';
import { meters, policyBreakers, policyCounters } from '../routing/state.ts';
import { numberings } from '../store/numberings.ts';
import { type AnyCollection, tombstones } from '../store/store.ts';

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
    accountHealth,
    generations,
    numberings,
    signingSecrets,
  ],
  ...[meters, policyCounters, policyBreakers, jobCounts],
];
