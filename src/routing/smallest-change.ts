import { camel } from '../words/naming.ts';
import type { Grant, SmallestChange } from './facts.ts';
import { type Plan, type PlanRequest, planFor } from './plan.ts';
import { resetBreaker } from './policy-breaker.ts';
import { breakerIn, type RoutingWorld } from './world.ts';

/** The first change that would have admitted a refused request: each is tried by planning again over the world with it. */
export function smallestChange(world: RoutingWorld, request: PlanRequest, { remedies }: Plan): SmallestChange | null {
  return remedies.find((change) => admits(withChange(world, change), request)) ?? null;
}

export function admits(world: RoutingWorld, request: PlanRequest): boolean {
  return planFor(world, request, () => 0).admitted !== null;
}

/** The world as it would be after one change. */
function withChange(world: RoutingWorld, change: SmallestChange): RoutingWorld {
  const { resourceType, resourceId } = change;
  switch (resourceType) {
    case 'workspace':
      return { ...world, workspace: changed(world.workspace, change) };
    case 'logical_model':
      return { ...world, models: changedIn(world.models, resourceId, change) };
    case 'provider_account':
      return { ...world, accounts: changedIn(world.accounts, resourceId, change) };
    case 'model_entitlement':
      return { ...world, grants: withGrant(world, change) };
    default:
      return withPolicy(world, change);
  }
}

function withGrant({ grants, workspace }: RoutingWorld, change: SmallestChange): RoutingWorld['grants'] {
  if (change.resourceId === null) {
    const logicalModelId = String(change.to);
    return new Map([...grants, [logicalModelId, newGrant(workspace.id, logicalModelId)]]);
  }
  const grant = [...grants.values()].find(({ id }) => id === change.resourceId);
  return changedIn(grants, grant?.logicalModelId ?? null, change);
}

/** What a grant of nothing but the model would be. */
function newGrant(workspaceId: string, logicalModelId: string): Grant {
  const lists = { allowedStepTypes: null, allowedEndpoints: null, allowedPurposes: null };
  return { id: '', workspaceId, logicalModelId, workspaceLimits: {}, ...lists, enabled: true };
}

/** Enabling a latched policy resets its breaker. */
function withPolicy(world: RoutingWorld, change: SmallestChange): RoutingWorld {
  const matches = world.matches.map((policy) => (policy.id === change.resourceId ? changed(policy, change) : policy));
  const policy = matches.find(({ id }) => id === change.resourceId);
  const stored = policy && world.breakers.get(policy.id);
  if (!stored || change.field !== 'enabled') return { ...world, matches };
  const released = { ...stored, ...resetBreaker(breakerIn(policy, world)) };
  return { ...world, matches, breakers: new Map([...world.breakers, [policy.id, released]]) };
}

function changedIn<D extends object>(
  docs: ReadonlyMap<string, D>,
  key: string | null,
  change: SmallestChange,
): ReadonlyMap<string, D> {
  const doc = key === null ? undefined : docs.get(key);
  return key === null || !doc ? docs : new Map([...docs, [key, changed(doc, change)]]);
}

/** `field` is the documented name, with dots to what lies deeper; the keys of free-form limits stay as they are. */
function changed<D extends object>(doc: D, { field, to }: SmallestChange): D {
  const [first = '', ...rest] = field.split('.');
  const isFree = first === 'workspace_limits';
  return set(doc, [camel(first), ...rest.map((name) => (isFree ? name : camel(name)))], to) as D;
}

function set(value: unknown, [name, ...rest]: string[], to: unknown): unknown {
  if (name === undefined) return to;
  if (Array.isArray(value)) return value.map((item, at) => (String(at) === name ? set(item, rest, to) : item));
  const fields = value as Record<string, unknown>;
  return { ...fields, [name]: set(fields[name], rest, to) };
}
