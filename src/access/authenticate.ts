import { LRUCache } from 'lru-cache';
import { type Credential, credentials, type Token, tokens, tokenUses } from '../nouns/tokens/model.ts';
import { partsOf, rightsOf } from '../nouns/tokens/rights.ts';
import type { Deps, Principal } from '../resource/context.ts';
import { apply, defineRule } from '../store/rule.ts';
import type { Store } from '../store/store.ts';
import type { MaybePromise } from '../words/maybe.ts';
import { hashOf, parseToken, sameHash } from '../words/secret.ts';

/** Reads from the store that the request was given; answers at once who was known a moment ago, unless asked `anew`. */
export type Authenticate = (
  authorization: string | undefined,
  store: Store,
  anew?: boolean,
) => MaybePromise<Principal | null>;

interface Entry {
  principal: Principal;
  secretHash: string;
  /** When the token, or this secret of it, ends (milliseconds). */
  endsAt: number;
  epoch: number;
  /** By what has elapsed. */
  readAt: number;
  usedMinute: number;
}

/** How long a principal may be reused: another process's revocation holds here within this time, our own at once. */
const FRESH_MS = 500;
const ENTRIES_MAX = 10_000;

/** Bearer token to principal (what is no token of ours may be one of another issuer); null for none, malformed, unknown, expired or revoked, which callers cannot tell apart. */
export function createAuthenticate(deps: Deps, federated: Authenticate | null = null): Authenticate {
  const entries = new LRUCache<string, Entry>({ max: ENTRIES_MAX });
  /** By the header as it was sent: what has proved itself need not be hashed again as long as its entry is fresh. */
  const proven = new LRUCache<string, Entry>({ max: ENTRIES_MAX });
  return (authorization = '', store, anew = false) => {
    const entry = proven.get(authorization);
    if (anew || !entry || !isFresh(deps, entry) || entry.endsAt <= deps.now()) return prove(authorization, store, anew);
    noteUse(deps, entry);
    return entry.principal;
  };

  async function prove(authorization: string, store: Store, anew: boolean): Promise<Principal | null> {
    proven.delete(authorization);
    const token = /^Bearer +([^\s]+)$/i.exec(authorization)?.[1];
    const publicId = token === undefined ? null : parseToken(token);
    if (token === undefined || publicId === null) return federated ? federated(authorization, store, anew) : null;
    const hash = hashOf(token);
    const known = entries.get(publicId);
    const isKnown = !anew && known !== undefined && isFresh(deps, known);
    const entry = isKnown ? known : await read({ ...deps, store }, publicId, known?.usedMinute);
    if (!entry || !sameHash(entry.secretHash, hash) || entry.endsAt <= deps.now()) {
      entries.delete(publicId);
      return null;
    }
    entries.set(publicId, entry);
    proven.set(authorization, entry);
    noteUse(deps, entry);
    return entry.principal;
  }
}

function isFresh(deps: Deps, entry: Entry): boolean {
  return entry.epoch === deps.store.changes.epoch() && deps.elapsed() - entry.readAt < FRESH_MS;
}

async function read(deps: Deps, publicId: string, usedMinute = 0): Promise<Entry | null> {
  const epoch = deps.store.changes.epoch();
  const readAt = deps.elapsed();
  const credential = await deps.store.get(credentials, { orgId: '', id: publicId });
  const token =
    credential && (await deps.store.get(tokens.collection, { orgId: credential.tokenOrgId, id: credential.tokenId }));
  if (!credential || !token || token.revokedAt !== null) return null;
  const principal = await principalOf(deps, token);
  if (!principal) return null;
  const endsAt = endOf(credential, token);
  return {
    principal: { ...principal, endsAt },
    secretHash: credential.secretHash,
    endsAt,
    epoch,
    readAt,
    usedMinute,
  };
}

function endOf(credential: Credential, token: Token): number {
  return Math.min(
    ...[credential.endsAt, token.expiresAt].map((time) =>
      time === null ? Number.POSITIVE_INFINITY : Date.parse(time),
    ),
  );
}

async function principalOf(deps: Deps, token: Token): Promise<Principal | null> {
  const parts = await partsOf(deps.store, token);
  const { role, member, memberRole } = parts;
  if (token.memberId !== null && !member) return null;
  return {
    orgId: token.orgId,
    actorId: member?.id ?? token.id,
    tokenId: token.id,
    memberId: member?.id ?? null,
    role: role?.name ?? memberRole?.name ?? null,
    permissions: rightsOf(parts),
    workspaceIds: token.workspaceIds,
    rateLimitPerMinute: token.rateLimitPerMinute,
  };
}

/** `last_used_at`, at most once a minute and beside the request: losing one changes nothing. */
function noteUse(deps: Deps, entry: Entry): void {
  const minute = Math.floor(deps.now() / 60_000);
  if (entry.usedMinute === minute) return;
  entry.usedMinute = minute;
  const { orgId, tokenId } = entry.principal;
  const lastUsedAt = new Date(minute * 60_000).toISOString();
  deps.store
    .commit([apply(useToken, { orgId, id: tokenId }, lastUsedAt)])
    .catch((error: unknown) => deps.log.warn({ err: error }, 'cannot note the use of a token'));
}

const useToken = defineRule(tokenUses, (before, lastUsedAt: string) => ({
  next: lastUsedAt > (before?.lastUsedAt ?? '') ? { lastUsedAt } : null,
}));
