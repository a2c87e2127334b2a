import { apps } from './apps/model.ts';
import { auditEvents } from './audit/model.ts';
import { tokenRules } from './auth/authenticate.ts';
import { routingEvents } from './decisions/events.ts';
import { decisions } from './decisions/model.ts';
import { decisionRules } from './decisions/rules.ts';
import { meters, policyBreakers, policyCounters } from './decisions/state.ts';
import { usageBuckets } from './decisions/usage.ts';
import { environments } from './environments/model.ts';
import { idempotencyRecords } from './idempotency.ts';
import { jobs, tasks } from './jobs/model.ts';
import { members } from './members/model.ts';
import { entitlements } from './model-entitlements/model.ts';
import { logicalModels } from './models/model.ts';
import { namespaces, threads } from './namespaces/model.ts';
import { organizations, orgIndex } from './orgs/model.ts';
import { healthRules } from './provider-accounts/health.ts';
import { providerAccounts } from './provider-accounts/model.ts';
import { healthCollection } from './provider-accounts/repository.ts';
import { roles } from './roles/model.ts';
import { generationRules, generations } from './router-policies/cache.ts';
import { routerPolicies } from './router-policies/model.ts';
import { type AnyCollection, type Rule, tombstones } from './store/store.ts';
import { credentials, tokens, tokenUses } from './tokens/model.ts';
import { workspaces } from './workspaces/model.ts';

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
  ].map((noun) => noun.collection as AnyCollection),
  ...[routerPolicies, members, roles, tokens, auditEvents, jobs].map((noun) => noun.collection as AnyCollection),
  ...[credentials, tokenUses, tasks, tombstones, orgIndex, idempotencyRecords, healthCollection, generations],
  ...[meters, policyCounters, policyBreakers],
  ...[decisions, routingEvents, usageBuckets].map((noun) => noun.collection as AnyCollection),
];

/** Every rule that an `apply` can name. */
export const rules: Record<string, Rule> = {
  ...tokenRules,
  ...generationRules,
  ...decisionRules,
  ...healthRules,
} as Record<string, Rule>;
