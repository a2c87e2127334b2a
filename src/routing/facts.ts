/**
 * What routing needs to know of the things that it decides about, and what it answers. It knows no noun: the documents
 * of the nouns hold these facts and more.
 */

/** All conditions that are set must hold; null, false and {} set none. */
export interface PolicyMatch {
  endpointType: string | null;
  endpointId: string | null;
  stepType: string | null;
  purpose: string | null;
  workspaceId: string | null;
  workspaceTags: Record<string, string>;
  expectedParallelism: string | null;
  requiresStreaming: boolean | null;
  requiresFunctionCalling: boolean | null;
  requiresVision: boolean | null;
  tags: Record<string, string>;
}

/** The match of every request. */
export const MATCH_DEFAULTS: PolicyMatch = {
  endpointType: null,
  endpointId: null,
  stepType: null,
  purpose: null,
  workspaceId: null,
  workspaceTags: {},
  expectedParallelism: null,
  requiresStreaming: null,
  requiresFunctionCalling: null,
  requiresVision: null,
  tags: {},
};

export interface CircuitBreaker {
  errorThresholdPercent: number;
  latencyThresholdMs: number | null;
  consecutiveFailures: number;
  evaluationWindowSeconds: number;
  minRequestsThreshold: number;
  cooldownSeconds: number;
  halfOpenRequests: number;
  autoDisable: boolean;
  notifyOnOpen: boolean;
}

export const BREAKER_DEFAULTS: CircuitBreaker = {
  errorThresholdPercent: 50,
  latencyThresholdMs: 5000,
  consecutiveFailures: 5,
  evaluationWindowSeconds: 60,
  minRequestsThreshold: 10,
  cooldownSeconds: 30,
  halfOpenRequests: 3,
  autoDisable: true,
  notifyOnOpen: true,
};

export interface Policy {
  id: string;
  createdAt: string;
  updatedAt: string;
  priority: number;
  match: PolicyMatch;
  routeTo: string;
  fallback: string | null;
  circuitBreaker: CircuitBreaker;
  enabled: boolean;
}

export const POLICY_STATUSES = ['active', 'inactive', 'circuit_open', 'circuit_half_open'] as const;
export type PolicyStatus = (typeof POLICY_STATUSES)[number];

/** One way to serve a model. */
export interface Target {
  providerAccountId: string;
  upstreamModel: string;
  weight: number;
  enabled: boolean;
}

export interface Model {
  id: string;
  targets: Target[];
  fallback: string | null;
  enabled: boolean;
}

export interface Account {
  id: string;
  credentialsRef: string;
  enabled: boolean;
  quotaPolicy: {
    maxTokensPerMonth: number | null;
    maxRequestsPerMonth: number | null;
  };
  rateLimitPolicy: {
    requestsPerSecond: number | null;
    requestsPerMinute: number | null;
    inputTokensPerMinute: number | null;
    outputTokensPerMinute: number | null;
    maxConcurrency: number;
    burstSize: number;
    queuePolicy: 'wait' | 'reject';
    queueTimeoutSeconds: number;
  };
}

/** What health checks have seen of an account. */
export interface Health {
  state: 'active' | 'degraded' | 'error';
  /** The `credentialsRef` that it was observed of. */
  reference?: string;
}

/** One workspace's grant of one model. */
export interface Grant {
  id: string;
  workspaceId: string;
  logicalModelId: string;
  workspaceLimits: Record<string, unknown>;
  allowedStepTypes: string[] | null;
  allowedEndpoints: string[] | null;
  allowedPurposes: string[] | null;
  enabled: boolean;
}

export interface WorkspaceFacts {
  id: string;
  isActive: boolean;
  tags: string[];
}

/** What a request says of itself, beside its workspace. */
export interface DecisionContext {
  endpointType: string | null;
  endpointId: string | null;
  stepType: string | null;
  purpose: string | null;
  expectedParallelism: string | null;
  requiresStreaming: boolean | null;
  requiresFunctionCalling: boolean | null;
  requiresVision: boolean | null;
  tags: Record<string, string>;
  /** null: the workspace's own. */
  workspaceTags: Record<string, string> | null;
}

export const REFUSAL_CODES = [
  'WORKSPACE_INACTIVE',
  'NO_POLICY_MATCHED',
  'MODEL_UNAVAILABLE',
  'MODEL_NOT_ENTITLED',
  'ENTITLEMENT_DISABLED',
  'ENDPOINT_NOT_ALLOWED',
  'STEP_TYPE_NOT_ALLOWED',
  'PURPOSE_NOT_ALLOWED',
  'REQUEST_TOO_LARGE',
  'RATE_LIMITED',
  'CONCURRENCY_EXCEEDED',
  'QUOTA_EXCEEDED',
  'CIRCUIT_OPEN',
  'ACCOUNT_UNAVAILABLE',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
export const LEVELS = ['workspace', 'policy', 'model', 'entitlement', 'provider_account'] as const;
export type Level = (typeof LEVELS)[number];

export interface SmallestChange {
  resourceType: string;
  resourceId: string | null;
  field: string;
  to: unknown;
}

export interface Refusal {
  code: RefusalCode;
  level: Level;
  /** The documented key of the limit that bound. */
  limit: string | null;
  /** Seconds until grant and account (of several the first) have room by all limits, or the breaker’s first target is free. */
  retryAfter: number | null;
  /** One change that would have admitted the request; null where none is known. */
  change: SmallestChange | null;
}

/** One model of the chain, as it was tried. */
export interface Hop {
  logicalModelId: string;
  providerAccountId: string | null;
  admitted: boolean;
  code: RefusalCode | null;
}

/** How long a decision holds what it has reserved. */
export const LEASE_MS = 600_000;
