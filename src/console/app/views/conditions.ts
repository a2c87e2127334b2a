import type { PoliciesQuery } from '../graph/documents.generated.ts';
import { words } from '../parts/format.ts';

type Match = NonNullable<PoliciesQuery['routerPolicies']>['nodes'][number]['match'];

const DEMANDS = {
  requiresStreaming: 'streams',
  requiresFunctionCalling: 'calls functions',
  requiresVision: 'sees images',
} as const;
const TEXTS = ['purpose', 'stepType', 'endpointType', 'endpointId', 'expectedParallelism', 'workspaceId'] as const;

/** When a policy matches, each condition in a few words. */
export function conditionsOf(match: Match): string[] {
  return [
    ...TEXTS.flatMap((name) => (match[name] === null ? [] : [`${spaced(name)} ${match[name]}`])),
    ...Object.entries(DEMANDS).flatMap(([name, said]) => (match[name as keyof typeof DEMANDS] ? [said] : [])),
    ...Object.entries(match.workspaceTags).map(([key, value]) => `${key}: ${value}`),
    ...Object.entries(match.tags).map(([key, value]) => `tag ${key}: ${value}`),
  ];
}

function spaced(name: string): string {
  return words(name.replace(/[A-Z]/g, '_$&').replace(/_Id$/, ''));
}
