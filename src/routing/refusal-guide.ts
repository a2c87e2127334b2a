import type { Guide } from '../words/error-guide.ts';
import type { RefusalCode } from './facts.ts';

/** Why a decision admits no call: what a person may do about each code. */
export const REFUSAL_GUIDE: Readonly<Record<RefusalCode, Guide>> = {
  WORKSPACE_INACTIVE: {
    cause: 'The workspace is not active.',
    fix: 'Set its `is_active`.',
    retry: 'WHEN_CHANGED',
    permission: 'workspaces:update',
  },
  NO_POLICY_MATCHED: {
    cause: 'No enabled policy matches the request, and it names no model of its own.',
    fix: 'Ask for the explanation: it says of each policy which condition failed. Add a policy, or name a model.',
    retry: 'WHEN_CHANGED',
    permission: 'router_policies:create',
  },
  MODEL_UNAVAILABLE: {
    cause: 'The model is absent or disabled, or has no enabled target.',
    fix: 'Enable the model or one of its targets, or give the policy a fallback.',
    retry: 'WHEN_CHANGED',
    permission: 'models:update',
  },
  MODEL_NOT_ENTITLED: {
    cause: 'The workspace has no grant of the model.',
    fix: 'Grant the model to the workspace.',
    retry: 'WHEN_CHANGED',
    permission: 'entitlements:create',
  },
  ENTITLEMENT_DISABLED: {
    cause: 'The workspace’s grant of the model is disabled.',
    fix: 'Enable it.',
    retry: 'WHEN_CHANGED',
    permission: 'entitlements:update',
  },
  ENDPOINT_NOT_ALLOWED: {
    cause: 'The grant’s `allowed_endpoints` names neither the request’s endpoint id nor its type.',
    fix: 'Add it to the list, or send the endpoint along.',
    retry: 'WHEN_CHANGED',
    permission: 'entitlements:update',
  },
  STEP_TYPE_NOT_ALLOWED: {
    cause: 'The grant’s `allowed_step_types` does not name the request’s step type.',
    fix: 'Add it to the list, or send the step type along.',
    retry: 'WHEN_CHANGED',
    permission: 'entitlements:update',
  },
  PURPOSE_NOT_ALLOWED: {
    cause: 'The grant’s `allowed_purposes` does not name the request’s purpose.',
    fix: 'Add it to the list, or send the purpose along.',
    retry: 'WHEN_CHANGED',
    permission: 'entitlements:update',
  },
  REQUEST_TOO_LARGE: {
    cause: 'The request’s tokens are more than the grant’s `max_tokens_per_request`.',
    fix: 'Send a smaller request, or raise the limit.',
    retry: 'NEVER',
    permission: 'entitlements:update',
  },
  RATE_LIMITED: {
    cause: 'The requests or tokens of the limit in `limit` are used up for now.',
    fix: 'Wait for `retry_after` seconds, or raise the limit.',
    retry: 'AFTER_DELAY',
    permission: 'entitlements:update',
  },
  CONCURRENCY_EXCEEDED: {
    cause: 'As many calls are under way as the limit in `limit` allows.',
    fix: 'Report outcomes as soon as calls end, wait, or raise the limit.',
    retry: 'AFTER_DELAY',
    permission: 'entitlements:update',
  },
  QUOTA_EXCEEDED: {
    cause: 'The month’s quota in `limit` is used up.',
    fix: 'Raise the quota, give the model a target on another account, or wait for the next month.',
    retry: 'AFTER_DELAY',
    permission: 'provider_accounts:update',
  },
  CIRCUIT_OPEN: {
    cause: 'The breakers of all policies that match are open, and none has a fallback.',
    fix: 'Wait for `retry_after` seconds, give a policy a fallback, or reset a breaker whose provider is well again.',
    retry: 'AFTER_DELAY',
    permission: 'router_policies:update',
  },
  ACCOUNT_UNAVAILABLE: {
    cause: 'No account of the model’s targets can be used: disabled, failing its health checks, or without room.',
    fix: 'Look at the accounts’ status and its reason; enable one, or give it a valid key.',
    retry: 'WHEN_CHANGED',
    permission: 'provider_accounts:update',
  },
};
