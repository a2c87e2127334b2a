import { checkBoolean } from '../validation/scalars.ts';
import { isObject } from '../validation/walk.ts';
import { camel, snake } from '../words/naming.ts';
import type { Policy, PolicyMatch } from './facts.ts';

/** What a request says of itself, with the workspace's tags already in place. */
export interface MatchContext {
  endpointType: string | null;
  endpointId: string | null;
  stepType: string | null;
  purpose: string | null;
  workspaceId: string | null;
  expectedParallelism: string | null;
  requiresStreaming: boolean;
  requiresFunctionCalling: boolean;
  requiresVision: boolean;
  tags: Record<string, string>;
  /** null: taken from the workspace. */
  workspaceTags: Record<string, string> | null;
}

export const TEXT_CONDITIONS = [
  'endpointType',
  'endpointId',
  'stepType',
  'purpose',
  'workspaceId',
  'expectedParallelism',
] as const;
export const DEMANDS = ['requiresStreaming', 'requiresFunctionCalling', 'requiresVision'] as const;
export const TAG_CONDITIONS = ['workspaceTags', 'tags'] as const;

/**
 * Reads a free-form context; what has another type than a condition wants can never match it and is left out. A flag is
 * spelled in all the ways in which a decision takes it.
 */
export function readContext(input: Record<string, unknown>): MatchContext {
  const get = (name: string) => input[snake(name)] ?? input[camel(name)];
  const text = (name: string) => (typeof get(name) === 'string' ? (get(name) as string) : null);
  const pairs = (name: string) => {
    const value = get(name);
    if (!isObject(value)) return null;
    return Object.fromEntries(
      Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
    );
  };
  const demand = (name: string) => {
    const read = checkBoolean(get(name), []);
    return 'value' in read && read.value === true;
  };
  return {
    endpointType: text('endpointType'),
    endpointId: text('endpointId'),
    stepType: text('stepType'),
    purpose: text('purpose'),
    workspaceId: text('workspaceId'),
    expectedParallelism: text('expectedParallelism'),
    requiresStreaming: demand('requiresStreaming'),
    requiresFunctionCalling: demand('requiresFunctionCalling'),
    requiresVision: demand('requiresVision'),
    tags: pairs('tags') ?? {},
    workspaceTags: pairs('workspaceTags'),
  };
}

/** A workspace's `key:value` tags as pairs, split at the first colon; other tags are labels only. */
export function tagPairs(tags: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const tag of tags) {
    const at = tag.indexOf(':');
    if (at > 0) pairs[tag.slice(0, at)] = tag.slice(at + 1);
  }
  return pairs;
}

/** The conditions that a policy sets, one by one: `expected` must be met by the context's value of that name. */
export type Condition = { field: string; expected: string | boolean } & (
  | { kind: 'text'; name: (typeof TEXT_CONDITIONS)[number] }
  | { kind: 'demand'; name: (typeof DEMANDS)[number] }
  | { kind: 'pair'; name: (typeof TAG_CONDITIONS)[number]; key: string }
);

function conditionsOf(match: PolicyMatch): Condition[] {
  const conditions: Condition[] = [];
  for (const name of TEXT_CONDITIONS) {
    const expected = match[name];
    if (expected !== null) conditions.push({ field: snake(name), expected, kind: 'text', name });
  }
  for (const name of DEMANDS)
    if (match[name]) conditions.push({ field: snake(name), expected: true, kind: 'demand', name });
  for (const name of TAG_CONDITIONS)
    for (const [key, expected] of Object.entries(match[name]))
      conditions.push({ field: `${snake(name)}.${key}`, expected, kind: 'pair', name, key });
  return conditions;
}

export function actualOf(condition: Condition, context: MatchContext): string | boolean | null {
  if (condition.kind !== 'pair') return context[condition.name];
  const pairs = context[condition.name] ?? {};
  return Object.hasOwn(pairs, condition.key) ? (pairs[condition.key] ?? null) : null;
}

/** The first condition that fails, or null when the policy matches. */
export function firstFailing(conditions: readonly Condition[], context: MatchContext): Condition | null {
  return conditions.find((condition) => actualOf(condition, context) !== condition.expected) ?? null;
}

/** A policy with its conditions read once. */
export interface Compiled<P extends Policy = Policy> {
  policy: P;
  conditions: Condition[];
}

export function compile<P extends Policy>(policy: P): Compiled<P> {
  return { policy, conditions: conditionsOf(policy.match) };
}

/** The total order of matches: higher priority, then more conditions, then older, then id. */
export function compareRank(left: Compiled, right: Compiled): number {
  return (
    right.policy.priority - left.policy.priority ||
    right.conditions.length - left.conditions.length ||
    compareText(left.policy.createdAt, right.policy.createdAt) ||
    compareText(left.policy.id, right.policy.id)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
