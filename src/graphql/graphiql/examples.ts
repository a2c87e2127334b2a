/** Ready-made queries, one a noun, and two subscriptions, that GraphiQL opens as tabs; `$names` are filled with ids of the caller's org. */
export const EXAMPLES = [
  {
    title: 'Who am I',
    query: `# Who the token is, and its organization at a glance. Run it with the button, or Ctrl-Enter.
query WhoAmI {
  viewer {
    actorId
    role
    permissions
    organization {
      orgId
      name
      workspaces(first: 5) {
        totalCount
        nodes { name workspaceId tags bucketStatus }
      }
    }
  }
}`,
  },
  {
    title: 'Workspace',
    query: `# A workspace with its apps, namespaces and grants: on MongoDB five store calls, whatever the page sizes.
query Workspace($workspaceId: ID!) {
  workspace(workspaceId: $workspaceId) {
    name
    environments { nodes { name slug isDefault } }
    apps(first: 10) {
      nodes { name namespaces(first: 10) { totalCount nodes { name status threadIds environment { name } } } }
    }
    entitlements { nodes { logicalModelId requestCount totalTokens workspaceLimits } }
  }
}`,
  },
  {
    title: 'Create an app',
    query: `# A change: one commit with its audit event. A second run answers CONFLICT with the other app's id.
mutation CreateApp($workspaceId: ID!) {
  createApp(input: { workspaceId: $workspaceId, name: "Made in GraphiQL" }) {
    app { appId name version etag }
  }
}`,
  },
  {
    title: 'Accounts',
    query: `# What we pay for: status, this month's use, and when a quota will be used up.
query Accounts {
  providerAccounts(first: 20) {
    nodes {
      name providerType status statusReason
      quotaPolicy { maxTokensPerMonth currentMonthTokens currentMonthRequests exhaustedAt }
      logicalModels { nodes { logicalModelId } }
    }
  }
}`,
  },
  {
    title: 'Policies',
    query: `# Where requests go, and what the linter says.
query Policies {
  routerPolicies { nodes { name priority routeTo fallback status matchCount errorRatePercent match { purpose workspaceTags tags requiresVision } } }
  routerPolicyLint { code policyId message relatedId }
}`,
  },
  {
    title: 'Test a match',
    query: `# Which policies would take a request, and why the others would not; consumes nothing.
query TestMatch($workspaceId: ID!) {
  testRouterPolicyMatch(input: { context: { workspaceId: $workspaceId, purpose: "draft" } }) {
    logicalModelId
    selectedPolicy { name }
    explanation { matched field expected actual policy { name } }
  }
}`,
  },
  {
    title: 'Long work',
    query: `# What is under way, and what has failed and why. Run it again: the demo's first reindex comes on item by item.
query LongWork {
  jobs(first: 10) { nodes { kind status progress error createdAt resourceId workspace { name } } }
}`,
  },
  {
    title: 'Decide',
    query: `# The real thing: decides and reserves. Report what came of it with reportOutcome.
mutation Decide($workspaceId: ID!) {
  decide(input: { workspaceId: $workspaceId, purpose: "answer", estimatedInputTokens: 500, estimatedOutputTokens: 200 }) {
    decision { decisionId admitted logicalModelId upstreamModel providerAccount { name } refusal { code level limit retryAfter } hops { logicalModelId code } }
  }
}`,
  },
  {
    title: 'Namespace',
    query: `# A namespace by its documented id, with everything around it.
query Namespace($namespaceId: ID!) {
  namespace(namespaceId: $namespaceId) {
    id name tags reindexStatus reindexProgress
    app { name }
    workspace { name }
    embeddingModel { name category targets { upstreamModel providerAccount { name status } } }
    threads(first: 10) { totalCount nodes { threadId } }
  }
}`,
  },
  {
    title: 'Usage and events',
    query: `# What was used, hour by hour, and what happened to breakers, quotas and accounts.
query Usage {
  usage(granularity: hour, first: 24) {
    totals { requests inputTokens outputTokens failures }
    nodes { startsAt usage { requests failures } byModel { id usage { requests inputTokens } } }
  }
  routingEvents(first: 20) { nodes { at: createdAt kind resourceId from to } }
}`,
  },
  {
    title: 'Audit',
    query: `# Who changed what, newest first.
query Audit {
  auditEvents(first: 20) { totalCount nodes { at action actorId resourceId requestId changes } }
}`,
  },
  {
    title: 'Decisions live',
    query: `# Where requests go, as they are decided, and once more when they are reported: leave it running.
# It goes on behind a cursor by after; refused ones alone: decisions(admitted: false).
subscription DecisionsLive {
  decisions {
    cursor
    node {
      decisionId status purpose upstreamModel
      refusal { code level }
      hops { logicalModelId admitted code }
      outcome { success latencyMs errorClass }
    }
  }
}`,
  },
  {
    title: 'Live',
    query: `# What happens, as it happens: leave it running, and change or decide something in another tab.
# Breakers alone: events(types: ["breaker.*"]).
subscription Live {
  events {
    at type actorId data
    resource {
      id
      ... on RouterPolicy { name status matchCount errorRatePercent }
      ... on ProviderAccount { name accountStatus: status statusReason }
      ... on App { name }
    }
  }
}`,
  },
] as const;
