/** A believable company: what the demo org is made of. Names only; ids come with the making. */

export const COMPANY = 'Northwind Robotics';

export const ACCOUNTS = [
  {
    key: 'openai',
    name: 'OpenAI main',
    providerType: 'openai',
    region: 'us',
    credentialsRef: 'env:OPENAI_API_KEY',
    quota: 40_000_000,
    perMinute: 600,
  },
  {
    key: 'azure',
    name: 'Azure EU',
    providerType: 'azure_openai',
    region: 'westeurope',
    credentialsRef: 'vault:llm/azure-eu',
    quota: 20_000_000,
    perMinute: 300,
  },
  {
    key: 'anthropic',
    name: 'Anthropic',
    providerType: 'anthropic',
    region: 'us',
    credentialsRef: 'env:ANTHROPIC_API_KEY',
    quota: 15_000_000,
    perMinute: 200,
  },
  {
    key: 'mistral',
    name: 'Mistral La Plateforme',
    providerType: 'mistral',
    region: 'eu',
    credentialsRef: 'env:MISTRAL_API_KEY',
    quota: null,
    perMinute: null,
  },
] as const;

export const MODELS = [
  {
    id: 'mistral-large',
    name: 'Mistral Large',
    category: 'chat',
    capabilities: ['streaming', 'tools', 'json'],
    targets: [['mistral', 'mistral-large-latest', 1]],
    fallback: null,
  },
  {
    id: 'claude-sonnet',
    name: 'Claude Sonnet',
    category: 'chat',
    capabilities: ['streaming', 'tools', 'vision'],
    targets: [['anthropic', 'claude-sonnet-4-5', 1]],
    fallback: 'mistral-large',
  },
  {
    id: 'gpt-4o',
    name: 'GPT-4o',
    category: 'chat',
    capabilities: ['streaming', 'tools', 'vision', 'json'],
    targets: [
      ['openai', 'gpt-4o', 3],
      ['azure', 'gpt-4o-eu', 1],
    ],
    fallback: null,
  },
  {
    id: 'gpt-4o-mini',
    name: 'GPT-4o mini',
    category: 'chat',
    capabilities: ['streaming', 'json'],
    targets: [
      ['openai', 'gpt-4o-mini', 1],
      ['azure', 'gpt-4o-mini-eu', 1],
    ],
    fallback: null,
  },
  {
    id: 'text-embedding-3-small',
    name: 'Embeddings, small',
    category: 'embedding',
    capabilities: [],
    targets: [['openai', 'text-embedding-3-small', 1]],
    fallback: null,
  },
  {
    id: 'text-embedding-3-large',
    name: 'Embeddings, large',
    category: 'embedding',
    capabilities: [],
    targets: [['azure', 'text-embedding-3-large', 1]],
    fallback: null,
  },
] as const;

export const TEAMS = [
  {
    name: 'Search',
    description: 'Finds parts, manuals and answers across the catalogue.',
    tags: ['team:search', 'tier:gold'],
    apps: [
      { name: 'Catalogue search', namespaces: ['Parts', 'Manuals'] },
      { name: 'Query understanding', namespaces: ['Rewrites'] },
    ],
    models: {
      'gpt-4o': { max_tokens_per_month: 8_000_000, requests_per_minute: 120 },
      'text-embedding-3-small': {},
      'claude-sonnet': {},
    },
  },
  {
    name: 'Support',
    description: 'Drafts replies for the service desk.',
    tags: ['team:support', 'tier:silver'],
    apps: [
      { name: 'Reply drafts', namespaces: ['Tickets', 'Warranty cases'] },
      { name: 'Voice of the customer', namespaces: ['Reviews'] },
    ],
    models: {
      'gpt-4o-mini': { max_concurrency: 20 },
      'claude-sonnet': { max_tokens_per_request: 16_000 },
      'text-embedding-3-small': {},
      'mistral-large': {},
    },
  },
  {
    name: 'Research',
    description: 'Reads papers, writes summaries, tries new models.',
    tags: ['team:research', 'tier:bronze'],
    apps: [{ name: 'Paper reader', namespaces: ['Papers', 'Patents'] }],
    models: { 'claude-sonnet': {}, 'mistral-large': {}, 'text-embedding-3-large': {} },
  },
] as const;

export const POLICIES = [
  {
    name: 'Vision goes to GPT-4o',
    priority: 30,
    match: { requiresVision: true },
    routeTo: 'gpt-4o',
    fallback: 'claude-sonnet',
  },
  {
    name: 'Gold tier',
    priority: 20,
    match: { workspaceTags: { tier: 'gold' } },
    routeTo: 'gpt-4o',
    fallback: 'claude-sonnet',
  },
  {
    name: 'Support drafts',
    priority: 10,
    match: { workspaceTags: { team: 'support' }, purpose: 'draft' },
    routeTo: 'gpt-4o-mini',
    fallback: 'claude-sonnet',
  },
  { name: 'Everything else', priority: 0, match: {}, routeTo: 'claude-sonnet', fallback: 'mistral-large' },
] as const;

/** Reindexes by which a person sees what long work is. */
export const REINDEXES = {
  running: {
    namespace: 'Manuals',
    to: 'text-embedding-3-large',
    /** Marks the namespace whose reindex the demo works on itself. */
    tag: 'demo:reindex',
    sources: Array.from({ length: 480 }, (_, at) => `manual-${String(at + 1).padStart(3, '0')}`),
    done: 100,
  },
  failed: {
    namespace: 'Reviews',
    to: 'text-embedding-3-large',
    error: 'Azure EU answered 404: the deployment text-embedding-3-large does not exist',
  },
} as const;

/** What the teams ask, the first kind during an outage too. */
export const TRAFFIC = [
  { tag: 'team:search', purpose: 'answer', estimatedInputTokens: 900, estimatedOutputTokens: 250 },
  { tag: 'team:search', purpose: 'rewrite', estimatedInputTokens: 300, estimatedOutputTokens: 60 },
  { tag: 'team:support', purpose: 'draft', estimatedInputTokens: 1_200, estimatedOutputTokens: 400 },
  {
    ...{ tag: 'team:support', purpose: 'photo', requiresVision: true },
    ...{ estimatedInputTokens: 1_600, estimatedOutputTokens: 200 },
  },
  { tag: 'team:research', purpose: 'summary', estimatedInputTokens: 2_400, estimatedOutputTokens: 500 },
] as const;

/** Of so many requests, those from one to another meet an account that is down. */
export const OUTAGE = { account: 'OpenAI main', every: 160, from: 8, to: 30 } as const;
