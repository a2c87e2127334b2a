import type { ConflictReason, ErrorCode } from './errors.ts';

/** Whether the same request may succeed when it is sent again. */
export const RETRIES = {
  NEVER: 'Not as it is: what was asked, or who asks, has to change.',
  WHEN_CHANGED: 'Once what stands in the way has gone, or has been read anew.',
  AFTER_DELAY:
    'After `retry_after` seconds (and the `Retry-After` header); under its Idempotency-Key where it may have happened.',
} as const;
export type Retry = keyof typeof RETRIES;

/** What a person who meets an error wants to know of it. */
export interface Guide {
  /** Why it comes. */
  cause: string;
  /** What to do. */
  fix: string;
  retry: Retry;
  /** What whoever mends it must be allowed; null: nothing beyond the request itself. */
  permission: string | null;
}

/** Where a code stands. */
export const KINDS = {
  ERROR: 'A code of the envelope’s `error` and of GraphQL’s `extensions.code`.',
  CONFLICT_REASON: 'A `details.reason` of a CONFLICT.',
  REFUSAL: 'A code of a decision’s `refusal`: the request for the decision itself succeeded.',
} as const;

export interface CatalogEntry extends Guide {
  kind: keyof typeof KINDS;
  code: string;
  /** HTTP status; null where the answer has that of its kind. */
  status: number | null;
}

type GraphQLCode = 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED';

export const ERROR_GUIDE: Readonly<Record<ErrorCode | GraphQLCode, Guide>> = {
  AUTHENTICATION_FAILED: {
    cause:
      'The request has no token, or one that is malformed, unknown, expired or revoked; the answer does not tell which.',
    fix: 'Send `Authorization: Bearer TOKEN` with a token that `switchyard org create` has printed or an Admin has made.',
    retry: 'NEVER',
    permission: 'tokens:create',
  },
  FORBIDDEN: {
    cause:
      'The token is of this organization, but lacks the permission in `required_permission`, whether the object exists or not.',
    fix: 'Use a token with that permission, or have the member or token given a role that has it.',
    retry: 'NEVER',
    permission: 'members:update',
  },
  RESOURCE_NOT_FOUND: {
    cause:
      'Nothing with `resource_id` is there for this token: absent, of another organization, outside the token’s workspaces, or below another parent than the path says. `route`: the path itself is none.',
    fix: 'Compare the ids with a list of the parent, and the path with the reference; the leftmost element that cannot be reached is named.',
    retry: 'NEVER',
    permission: null,
  },
  CONFLICT: {
    cause: 'The present state does not allow it: a value in `field` is taken, or there is a `reason`.',
    fix: 'Look at the object in `conflicting_id` and at the list of reasons.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  PRECONDITION_FAILED: {
    cause:
      'The object has changed since it was read: `If-Match` or `expectedVersion` names an older version than `current_etag`.',
    fix: 'Read it again, apply the change to what it is now, and send the new version.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  PAYLOAD_TOO_LARGE: {
    cause: 'The body is longer than `max_bytes`.',
    fix: 'Send less at once.',
    retry: 'NEVER',
    permission: null,
  },
  UNSUPPORTED_MEDIA_TYPE: {
    cause:
      'The body is not JSON, has no Content-Type or a Content-Encoding; or no media type in `Accept` can be answered.',
    fix: 'Send `Content-Type: application/json` and the body as it is; accept one of `accepted`.',
    retry: 'NEVER',
    permission: null,
  },
  METHOD_NOT_ALLOWED: {
    cause: 'The path is there, but not with this method.',
    fix: 'Use one of the methods in `allow`.',
    retry: 'NEVER',
    permission: null,
  },
  VALIDATION_FAILED: {
    cause:
      'Some of the input is not valid. By REST the body is `{detail: […]}` alone, by GraphQL the same list is in `details.detail`.',
    fix: 'Each entry says where (`loc`), what (`msg`) and by which rule (`type`); all that is wrong is listed at once.',
    retry: 'NEVER',
    permission: null,
  },
  RATE_LIMIT_EXCEEDED: {
    cause: 'The token has used its requests of this minute, or holds all the streams that it may.',
    fix: 'Wait for `retry_after` seconds, spread the work over time, or have the token’s limit raised.',
    retry: 'AFTER_DELAY',
    permission: 'tokens:update',
  },
  INTERNAL_SERVER_ERROR: {
    cause: 'A fault of the product. It is logged with the request’s `X-Request-Id`, and not explained to the caller.',
    fix: 'Give the operator the request id. A change may be sent again under its Idempotency-Key: it never happens twice.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  SERVICE_UNAVAILABLE: {
    cause:
      'The store is down or slow, there are more requests than can be answered in time, or the server is shutting down.',
    fix: 'Send it again after `retry_after` seconds. Where the message says that the change may have been made, read it first, or repeat it under its Idempotency-Key.',
    retry: 'AFTER_DELAY',
    permission: null,
  },
  GRAPHQL_PARSE_FAILED: {
    cause: 'The document is not GraphQL, or the request has no document.',
    fix: 'Mend it where `locations` points; GraphiQL at `/graphql` marks it while one types.',
    retry: 'NEVER',
    permission: null,
  },
  GRAPHQL_VALIDATION_FAILED: {
    cause:
      'The document asks for what the schema does not have, is too deep or asks for too much at once, or a variable has another type.',
    fix: 'Compare it with the schema; ask for smaller pages where the message says so.',
    retry: 'NEVER',
    permission: null,
  },
};

export const CONFLICT_GUIDE: Readonly<Record<ConflictReason, Guide>> = {
  built_in: {
    cause: 'The role is one of those that every organization has.',
    fix: 'Make a role of your own with the permissions that you want.',
    retry: 'NEVER',
    permission: 'roles:create',
  },
  default_environment: {
    cause: 'A workspace always has a default environment, and this is it.',
    fix: 'Make another environment the default first.',
    retry: 'WHEN_CHANGED',
    permission: 'environments:update',
  },
  disabled: {
    cause: 'The webhook is disabled: nothing is posted to it.',
    fix: 'Enable it first.',
    retry: 'WHEN_CHANGED',
    permission: 'webhooks:update',
  },
  expired: {
    cause: 'The decision’s lease has ended, and with it what it had reserved.',
    fix: 'Report sooner, or extend the lease while a stream goes on; ask for a new decision.',
    retry: 'NEVER',
    permission: 'decisions:create',
  },
  idempotency_key_in_use: {
    cause: 'A request under this Idempotency-Key is still being answered.',
    fix: 'Wait for that answer, or send the same again: it answers the first one’s result.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  in_use: {
    cause: 'The object in `conflicting_id` uses it.',
    fix: 'Give that object another one first.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  last_admin: {
    cause: 'An organization always has a member who is Admin, and this is the last one.',
    fix: 'Make another member Admin first.',
    retry: 'WHEN_CHANGED',
    permission: 'members:update',
  },
  no_reindex_running: {
    cause: 'The namespace is not being reindexed.',
    fix: 'Nothing is to be cancelled.',
    retry: 'NEVER',
    permission: null,
  },
  not_failed: {
    cause: 'Only what has failed can be tried again.',
    fix: 'Look at the job’s status.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  not_running: {
    cause: 'The job has ended already.',
    fix: 'Look at the job’s status.',
    retry: 'NEVER',
    permission: null,
  },
  referenced: {
    cause: 'The object in `conflicting_id` refers to it.',
    fix: 'Change or delete that object first.',
    retry: 'WHEN_CHANGED',
    permission: null,
  },
  refused: {
    cause: 'The decision admitted no call, so there is no outcome to report.',
    fix: 'Report outcomes of admitted decisions alone.',
    retry: 'NEVER',
    permission: null,
  },
  reindex_running: {
    cause: 'The namespace is being reindexed by the job in `conflicting_id`.',
    fix: 'Wait for its end, or cancel it.',
    retry: 'WHEN_CHANGED',
    permission: 'namespaces:reindex',
  },
  revoked: {
    cause: 'The token is revoked, for good.',
    fix: 'Make another one.',
    retry: 'NEVER',
    permission: 'tokens:create',
  },
  too_many_threads: {
    cause: 'The namespace holds as many threads as it may.',
    fix: 'Remove some, or use another namespace.',
    retry: 'WHEN_CHANGED',
    permission: 'namespaces:update',
  },
};
