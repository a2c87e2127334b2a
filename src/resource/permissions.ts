/** The words that permissions speak of, and what each built-in role may do (contract, section 7). */
export const RESOURCES = [
  'orgs',
  'workspaces',
  'apps',
  'environments',
  'namespaces',
  'entitlements',
  'provider_accounts',
  'router_policies',
  'models',
  'tokens',
  'members',
  'roles',
  'audit',
  'jobs',
  'decisions',
  'webhooks',
  'events',
  'metrics',
] as const;

/** Its words are what may be granted: a noun with another one does not compile. */
export type Resource = (typeof RESOURCES)[number];

export const ACTIONS = ['read', 'create', 'update', 'delete', 'reindex', 'work', 'manage'] as const;

const READS = RESOURCES.filter((word) => word !== 'tokens' && word !== 'audit').map((word) => `${word}:read`);

/** The role that an org cannot be without. */
export const ADMIN = 'Admin';

/** By name; what they allow is read from here, whenever the org was made. */
export const BUILT_IN_ROLES: Readonly<Record<string, readonly string[]>> = {
  [ADMIN]: ['*:*'],
  Developer: [...READS, 'apps:*', 'environments:*', 'namespaces:*', 'decisions:*', 'jobs:work', 'jobs:update'],
  Operator: [
    ...READS,
    'audit:read',
    'provider_accounts:*',
    'router_policies:*',
    'models:*',
    'entitlements:*',
    'decisions:*',
    'namespaces:reindex',
    'jobs:*',
    'webhooks:*',
  ],
  Viewer: READS,
};

/** Whether one granted permission covers a wanted one. `manage` is part of `*:*` only, never of `namespaces:*`. */
function covers(granted: string, wanted: string): boolean {
  if (granted === wanted || granted === '*:*') return true;
  const [resource, action] = split(granted);
  const [wantedResource, wantedAction] = split(wanted);
  if (resource !== '*' && resource !== wantedResource) return false;
  return action === wantedAction || (action === '*' && wantedAction !== 'manage');
}

const answers = new WeakMap<readonly string[], Map<string, boolean>>();

/** Asked for each field and row: whoever has permissions never writes to them, so that an answer holds as long as they do. */
export function allows(permissions: readonly string[], wanted: string): boolean {
  const known = answers.get(permissions) ?? new Map<string, boolean>();
  const told = known.get(wanted);
  if (told !== undefined) return told;
  const answer = permissions.some((granted) => covers(granted, wanted));
  answers.set(permissions, known.set(wanted, answer));
  return answer;
}

/** The first of the wanted permissions that is not covered, or null. A wildcard is covered by a wildcard at least as wide. */
export function firstMissing(permissions: readonly string[], wanted: readonly string[]): string | null {
  return wanted.find((one) => !allows(permissions, one)) ?? null;
}

/** What two sets of permissions both allow, for a token that acts as a member. */
export function intersect(left: readonly string[], right: readonly string[]): string[] {
  return [...new Set(left.flatMap((a) => right.map((b) => meet(a, b)).filter((one) => one !== null)))];
}

function meet(a: string, b: string): string | null {
  const [resourceA, actionA] = split(a);
  const [resourceB, actionB] = split(b);
  const resource = resourceA === '*' ? resourceB : resourceB === '*' || resourceA === resourceB ? resourceA : null;
  const action = actionA === '*' ? actionB : actionB === '*' || actionA === actionB ? actionA : null;
  if (resource === null || action === null) return null;
  const both = `${resource}:${action}`;
  return covers(a, both) && covers(b, both) ? both : null;
}

const oneOf = (words: readonly string[]) => `(\\*|${words.join('|')})`;
/** `resource:action` of the words above, or `*` for any of them. */
export const PERMISSION = new RegExp(`^${oneOf(RESOURCES)}:${oneOf(ACTIONS)}$`);

function split(permission: string): [string, string] {
  const at = permission.indexOf(':');
  return [permission.slice(0, at), permission.slice(at + 1)];
}
