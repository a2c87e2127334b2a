import { type Account, type Grant, MATCH_DEFAULTS, type Model, type Policy } from './facts.ts';
import { type Scenario, settingsOf } from './scenario.ts';
import type { RoutingWorld } from './world.ts';

/** The organization of a scenario: one policy, its model and perhaps a fallback, each target on an account of its own without limits. */

export const TROUBLED = 'account-1';
const FALLBACK_ACCOUNT = 'account-of-fallback';
const MANY = Number.MAX_SAFE_INTEGER;

/** Its one policy matches every request. */
export interface SimulatedWorld extends RoutingWorld {
  matches: readonly [Policy];
}

export function simulatedWorld(scenario: Scenario): SimulatedWorld {
  const pool = Array.from({ length: scenario.targets }, (_, at) => `account-${at + 1}`);
  const models = [modelOf('model', pool), modelOf('fallback', [FALLBACK_ACCOUNT])];
  const accounts = [...pool, FALLBACK_ACCOUNT].map(accountOf);
  return {
    nowMs: 0,
    workspace: { id: 'workspace', isActive: true, tags: [] },
    matches: [policyOf(scenario)],
    models: new Map(models.map((model) => [model.id, model])),
    accounts: new Map(accounts.map((account) => [account.id, account])),
    grants: new Map(models.map(({ id }) => [id, grantOf(id)])),
    breakers: new Map(),
    meters: new Map(),
    health: new Map(),
  };
}

function policyOf(scenario: Scenario): Policy {
  const at = new Date(0).toISOString();
  return {
    ...{ id: 'policy', createdAt: at, updatedAt: at, priority: 0, match: MATCH_DEFAULTS, routeTo: 'model' },
    ...{ fallback: scenario.fallback ? 'fallback' : null, circuitBreaker: settingsOf(scenario), enabled: true },
  };
}

function modelOf(id: string, accounts: readonly string[]): Model {
  const targets = accounts.map((account) => ({
    ...{ providerAccountId: account, upstreamModel: 'model', weight: 1, enabled: true },
  }));
  return { id, targets, fallback: null, enabled: true };
}

function accountOf(id: string): Account {
  const tokens = { inputTokensPerMinute: null, outputTokensPerMinute: null };
  return {
    ...{ id, credentialsRef: 'env:X', enabled: true },
    quotaPolicy: { maxTokensPerMonth: null, maxRequestsPerMonth: null },
    rateLimitPolicy: {
      ...{ requestsPerSecond: null, requestsPerMinute: null, ...tokens, maxConcurrency: MANY, burstSize: MANY },
      ...{ queuePolicy: 'wait', queueTimeoutSeconds: 300 },
    },
  };
}

function grantOf(logicalModelId: string): Grant {
  const lists = { allowedStepTypes: null, allowedEndpoints: null, allowedPurposes: null };
  const id = `grant-${logicalModelId}`;
  return { id, workspaceId: 'workspace', logicalModelId, workspaceLimits: {}, ...lists, enabled: true };
}
