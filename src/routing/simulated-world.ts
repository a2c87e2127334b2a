import type { LogicalModel } from '../nouns/logical-models/model.ts';
import { type ProviderAccount, RATE_LIMIT_DEFAULTS } from '../nouns/provider-accounts/model.ts';
import { MATCH_DEFAULTS, type RouterPolicy } from '../nouns/router-policies/model.ts';
import type { Doc } from '../store/store.ts';
import { type Scenario, settingsOf } from './scenario.ts';
import type { RoutingWorld } from './world.ts';

/** The organization of a scenario: one policy, its model and perhaps a fallback, each target on an account of its own without limits. */

export const TROUBLED = 'account-1';
const FALLBACK_ACCOUNT = 'account-of-fallback';
const MANY = Number.MAX_SAFE_INTEGER;

const doc = (id: string): Doc => {
  const at = new Date(0).toISOString();
  return { id, orgId: 'org', version: 1, createdAt: at, updatedAt: at, createdBy: null };
};

export function simulatedWorld(scenario: Scenario): RoutingWorld {
  const pool = Array.from({ length: scenario.targets }, (_, at) => `account-${at + 1}`);
  const models = [modelOf('model', pool), modelOf('fallback', [FALLBACK_ACCOUNT])];
  const accounts = [...pool, FALLBACK_ACCOUNT].map(accountOf);
  return {
    nowMs: 0,
    workspace: {
      ...{ ...doc('workspace'), name: 'W', description: null, ownerId: null, subscriptionPlanId: null, isActive: true },
      ...{ tags: [], region: 'us-east-1', s3Bucket: null, bucketStatus: 'ready' },
    },
    matches: [policyOf(scenario)],
    models: new Map(models.map((model) => [model.id, model])),
    accounts: new Map(accounts.map((account) => [account.id, account])),
    grants: new Map(models.map(({ id }) => [id, grantOf(id)])),
    breakers: new Map(),
    meters: new Map(),
    health: new Map(),
  };
}

function policyOf(scenario: Scenario): RouterPolicy {
  return {
    ...{ ...doc('policy'), name: 'P', description: null, priority: 0, match: MATCH_DEFAULTS, routeTo: 'model' },
    ...{
      fallback: scenario.fallback ? 'fallback' : null,
      circuitBreaker: settingsOf(scenario),
      enabled: true,
      tags: {},
    },
  };
}

function modelOf(id: string, accounts: readonly string[]): LogicalModel {
  const targets = accounts.map((account) => ({
    ...{ providerAccountId: account, upstreamModel: 'model', weight: 1, enabled: true },
  }));
  return {
    ...{ ...doc(id), name: id, description: null, category: 'chat', capabilities: [], targets },
    ...{ fallback: null, enabled: true },
  };
}

function accountOf(id: string): ProviderAccount {
  return {
    ...{ ...doc(id), name: id, description: null, providerType: 'openai', region: null, dataResidency: null },
    ...{ credentialsRef: 'env:X', quotaPolicy: { maxTokensPerMonth: null, maxRequestsPerMonth: null } },
    rateLimitPolicy: { ...RATE_LIMIT_DEFAULTS, maxConcurrency: MANY, burstSize: MANY },
    ...{ enabled: true, routingMode: 'direct', bridgeId: null, bridgeEndpointName: null, tags: {} },
  };
}

function grantOf(logicalModelId: string) {
  const lists = { allowedStepTypes: null, allowedEndpoints: null, allowedPurposes: null };
  return {
    ...doc(`grant-${logicalModelId}`),
    workspaceId: 'workspace',
    logicalModelId,
    workspaceLimits: {},
    ...lists,
    enabled: true,
  };
}
