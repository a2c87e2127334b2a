import type { Context, Deps, Principal } from '../../resource/context.ts';
import { createContext } from './context.ts';

/** For what is asked for by no token: may do all that is not taken from it, and stands in audit events under its name. */
export function contextAs(deps: Deps, actor: Pick<Principal, 'orgId' | 'actorId'> & Partial<Principal>): Context {
  const principal: Principal = {
    tokenId: actor.actorId,
    memberId: null,
    role: null,
    permissions: ['*:*'],
    workspaceIds: null,
    rateLimitPerMinute: null,
    ...actor,
  };
  return createContext(deps, principal, deps.ids.next('req_'));
}

/** The product itself as the actor of what it does in the background. */
export function systemContext(deps: Deps, orgId: string): Context {
  return contextAs(deps, { orgId, actorId: 'system' });
}
