import type { Context, Deps, Principal } from '../../resource/context.ts';
import { createContext } from './context.ts';

/** The product itself as the actor of what it does in the background. */
export function systemContext(deps: Deps, orgId: string): Context {
  const principal: Principal = {
    orgId,
    actorId: 'system',
    tokenId: 'system',
    memberId: null,
    role: null,
    permissions: ['*:*'],
    workspaceIds: null,
    rateLimitPerMinute: null,
  };
  return createContext(deps, principal, deps.ids.next('req_'));
}
