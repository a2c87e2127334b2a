import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { members } from '../nouns/members/model.ts';
import { organizations } from '../nouns/orgs/model.ts';
import { type Role, roles } from '../nouns/roles/model.ts';
import type { Deps, Principal } from '../resource/context.ts';
import type { Store } from '../store/store.ts';
import { isObject, textIssue } from '../validation/walk.ts';
import { fold } from '../words/fold.ts';
import type { Authenticate } from './authenticate.ts';
import { createVerifier, type OidcSettings } from './oidc-verifier.ts';

/** Makes the member that a token's email stands for, where its role claim names a role; null where that cannot be. */
export type Welcome = (orgId: string, email: string, role: Role) => Promise<unknown>;

/** What a token says, once its signature has been checked. */
interface Said {
  orgId: string;
  email: string;
  roles: string[];
  endsAt: number;
  /** By what has elapsed. */
  checkedAt: number;
  /** Who that was, a moment ago. */
  seen: { principal: Principal; epoch: number; at: number } | null;
}

/** As long is a signature not checked again: a key that its issuer has withdrawn opens nothing after that. */
const CHECKED_MS = 60_000;
const SAID_MAX = 10_000;
/** As with tokens of our own: another process's change holds here within this time, our own at once. */
const FRESH_MS = 500;
/** How much clocks may differ. */
const SKEW_MS = 30_000;
const TOKEN_MAX = 16_384;

/** A JWT of the issuer to the principal of the member whose email it names; whatever is wrong with it, callers hear the same. */
export function createOidc(deps: Deps, settings: OidcSettings, welcome: Welcome): Authenticate {
  const verify = createVerifier(settings, { now: deps.now, elapsed: deps.elapsed, skewMs: SKEW_MS, log: deps.log });
  const known = new LRUCache<string, Said>({ max: SAID_MAX });

  async function said(token: string): Promise<Said | null> {
    const key = createHash('sha256').update(token).digest('base64');
    const before = known.get(key);
    if (before && deps.elapsed() - before.checkedAt < CHECKED_MS) return before;
    known.delete(key);
    const claims = await verify(token);
    const read = claims && readClaims(claims, settings, deps.elapsed());
    if (read) known.set(key, read);
    return read;
  }

  return async (authorization, store, anew = false) => {
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined || token.length > TOKEN_MAX) return null;
    const claimed = await said(token);
    if (!claimed || claimed.endsAt + SKEW_MS <= deps.now()) return null;
    const { seen } = claimed;
    const isFresh = seen && seen.epoch === store.changes.epoch() && deps.elapsed() - seen.at < FRESH_MS;
    if (isFresh && !anew) return seen.principal;
    const [epoch, at] = [store.changes.epoch(), deps.elapsed()];
    const known = (await actor(store, claimed)) ?? (await newcomer(store, claimed));
    const principal = known && { ...known, endsAt: claimed.endsAt + SKEW_MS };
    claimed.seen = principal && { principal, epoch, at };
    return principal;
  };

  async function newcomer(store: Store, claimed: Said): Promise<Principal | null> {
    const { orgId, email } = claimed;
    if (!(await store.get(organizations.collection, { orgId, id: orgId }))) return null;
    for (const name of claimed.roles) {
      const role = await store.getUnique(roles.collection, orgId, fold(name));
      if (!role) continue;
      // Another request may have been first with it.
      await welcome(orgId, email, role).catch((error: unknown) =>
        deps.log.warn({ err: error }, 'cannot make a member'),
      );
      return actor(store, claimed);
    }
    return null;
  }
}

function readClaims(claims: Record<string, unknown>, settings: OidcSettings, checkedAt: number): Said | null {
  const orgId = claimOf(claims, settings.OIDC_ORG_CLAIM);
  const { email, email_verified: isVerified = true } = claims;
  // Some issuers leave it out, some spell it; whatever else it says, it does not say yes.
  const isSure = isVerified === true || isVerified === 'true';
  if (!isText(orgId) || !isText(email) || !isSure) return null;
  const role = settings.OIDC_ROLE_CLAIM === undefined ? [] : claimOf(claims, settings.OIDC_ROLE_CLAIM);
  return {
    orgId,
    email,
    roles: [role].flat().filter(isText),
    endsAt: Number(claims.exp) * 1000,
    checkedAt,
    seen: null,
  };
}

/** As the doors take text: what they refuse to store is never looked for, nor made. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && textIssue(value, []) === null;
}

/** By its whole name, else as a path (`realm_access.roles`), of which each part may have dots itself, as an address has. */
function claimOf(claims: unknown, name: string): unknown {
  if (!isObject(claims)) return undefined;
  if (Object.hasOwn(claims, name)) return claims[name];
  const dots = [...name.matchAll(/\./g)].map(({ index }) => index);
  for (const dot of dots.reverse()) {
    const inner = claimOf(
      Object.hasOwn(claims, name.slice(0, dot)) ? claims[name.slice(0, dot)] : null,
      name.slice(dot + 1),
    );
    if (inner !== undefined) return inner;
  }
  return undefined;
}

async function actor(store: Store, { orgId, email }: Said): Promise<Principal | null> {
  const member = await store.getUnique(members.collection, orgId, fold(email));
  const role = member && (await store.get(roles.collection, { orgId, id: member.roleId }));
  if (!member || !role) return null;
  return {
    orgId,
    actorId: member.id,
    tokenId: `oidc:${member.id}`,
    memberId: member.id,
    role: role.name,
    permissions: role.permissions,
    workspaceIds: null,
    rateLimitPerMinute: null,
  };
}
