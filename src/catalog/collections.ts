import { tokenRules } from '../access/authenticate.ts';
import { apps } from '../nouns/apps/model.ts';
import { decisions } from '../nouns/decisions/model.ts';
import { environments } from '../nouns/environments/model.ts';
import { jobs } from '../nouns/jobs/model.ts';
import { logicalModels } from '../nouns/logical-models/model.ts';
import { members } from '../nouns/members/model.ts';
import { entitlements } from '../nouns/model-entitlements/model.ts';
import { namespaces, threads } from '../nouns/namespaces/model.ts';
import { organizations, orgIndex } from '../nouns/orgs/model.ts';
import { healthRules } from '../nouns/provider-accounts/health.ts';
import { providerAccounts } from '../nouns/provider-accounts/model.ts';
import { healthCollection } from '../nouns/provider-accounts/repository.ts';
import { roles } from '../nouns/roles/model.ts';
import { generationRules, generations } from '../nouns/router-policies/cache.ts';
import { routerPolicies } from '../nouns/router-policies/model.ts';
import { credentials, tokens, tokenUses } from '../nouns/tokens/model.ts';
import { workspaces } from '../nouns/workspaces/model.ts';
import { auditEvents } from '../resource/audit-event.ts';
import { idempotencyRecords } from '../resource/idempotency.ts';
import { tasks } from '../resource/task.ts';
import { routingEvents } from '../routing/events.ts';
import { decisionRules } from '../routing/rules.ts';
import { meters, policyBreakers, policyCounters } from '../routing/state.ts';
import { usageBuckets } from '../routing/usage.ts';
import { type AnyCollection, type Rule, tombstones } from '../store/store.ts';

/** Everything that is stored: an engine makes its tables and indexes from this list. */
export const collections: readonly AnyCollection[] = [
  ...[
    organizations,
    workspaces,
    apps,
    environments,
    namespaces,
    threads,
    logicalModels,
    providerAccounts,
    entitlements,
  ].map((noun) => noun.collection),
  ...[routerPolicies, members, roles, tokens, auditEvents, jobs].map((noun) => noun.collection),
  ...[credentials, tokenUses, tasks, tombstones, orgIndex, idempotencyRecords, healthCollection, generations],
  ...[meters, policyCounters, policyBreakers],
  ...[decisions, routingEvents, usageBuckets].map((noun) => noun.collection),
];

/** Every rule that an `apply` can name. */
export const rules: Record<string, Rule> = {
  ...tokenRules,
  ...generationRules,
  ...decisionRules,
  ...healthRules,
} as Record<string, Rule>;
