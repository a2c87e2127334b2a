import type { Authenticate } from '../access/authenticate.ts';
import type { Welcome } from '../access/oidc.ts';
import { createMemberInput } from '../nouns/members/model.ts';
import { createMember } from '../nouns/members/repository.ts';
import type { Deps } from '../resource/context.ts';
import type { Config } from './setup/config.ts';
import { contextAs } from './setup/system.ts';

type Settings = Partial<Pick<Config, 'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'OIDC_ORG_CLAIM' | 'OIDC_ROLE_CLAIM'>>;

/** Single sign-on, where an issuer is configured: nothing is loaded where there is none. */
export async function federation(deps: Deps, settings: Settings): Promise<Authenticate | null> {
  const { OIDC_ISSUER, OIDC_AUDIENCE, OIDC_ORG_CLAIM = 'org_id', OIDC_ROLE_CLAIM } = settings;
  if (OIDC_ISSUER === undefined || OIDC_AUDIENCE === undefined) return null;
  const { createOidc } = await import('../access/oidc.ts');
  return createOidc(deps, { OIDC_ISSUER, OIDC_AUDIENCE, OIDC_ORG_CLAIM, OIDC_ROLE_CLAIM }, welcomeBy(deps));
}

/** The issuer is the actor of what is made on its word. */
function welcomeBy(deps: Deps): Welcome {
  return async (orgId, email, role) =>
    createMember(contextAs(deps, { orgId, actorId: 'oidc' }), createMemberInput.parse({ email, role: role.id }));
}
