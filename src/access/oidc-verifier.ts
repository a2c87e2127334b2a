import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Logger } from 'pino';

export interface OidcSettings {
  OIDC_ISSUER: string;
  OIDC_AUDIENCE: string;
  OIDC_ORG_CLAIM: string;
  OIDC_ROLE_CLAIM?: string | undefined;
}

/** Signatures by key pairs alone: whoever knows a public key can sign nothing. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** How old keys may be before they are asked for again, and how soon after that a key that nobody knows is looked for. */
const KEYS_MS = 300_000;
const COOLDOWN_MS = 1_000;
const PATIENCE_MS = 3_000;
/** Anybody can make up the name of a key: so many may wait to see whether it is one, the others hear at once that it is none. */
const WAITING_MAX = 32;

interface Around {
  now: () => number;
  skewMs: number;
  log: Pick<Logger, 'warn'>;
}

/** The claims of a token that this issuer has signed for this audience, for now; else null. */
export function createVerifier(
  { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience }: OidcSettings,
  { now, skewMs, log }: Around,
): (token: string) => Promise<JWTPayload | null> {
  const keys = createKeys(issuer);
  const check = (token: string) =>
    jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: skewMs / 1000,
      currentDate: new Date(now()),
    });
  return async (token) => {
    try {
      return (await check(token)).payload;
    } catch (error) {
      // What the token itself is to blame for is nothing to tell anybody.
      if (!(error instanceof errors.JOSEError)) log.warn({ err: error }, 'the keys of OIDC_ISSUER cannot be read');
      return null;
    }
  };
}

/** The issuer's keys, found by its own description; those that are known go on while it does not answer. */
function createKeys(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | null = null;
  const find = async (): Promise<JWTVerifyGetKey> => {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'error' });
    const described = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (!answer.ok || described.issuer !== issuer || typeof described.jwks_uri !== 'string')
      throw new Error(`${address} does not describe ${issuer}`);
    return keysAt(new URL(described.jwks_uri));
  };
  return async (header, token) => {
    found ??= find();
    const keys = await found.catch((error: unknown) => {
      found = null;
      throw error;
    });
    return keys(header, token);
  };
}

async function keysText(url: string, init: RequestInit): Promise<string> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok || !Array.isArray((JSON.parse(text) as { keys?: unknown }).keys))
    throw new Error(`${url} answers no keys (${answer.status})`);
  return text;
}

function keysAt(address: URL): JWTVerifyGetKey {
  let waiting = 0;
  let last: { text: string; at: number } | null = null;
  const keys = createRemoteJWKSet(address, {
    cacheMaxAge: KEYS_MS,
    cooldownDuration: COOLDOWN_MS,
    timeoutDuration: PATIENCE_MS,
    [customFetch]: async (url, init) => {
      try {
        // An idle connection that the issuer closes just now fails the first of the two.
        const text = await keysText(url, init).catch(() => keysText(url, init));
        last = { text, at: performance.now() };
      } catch (error) {
        if (last === null) throw error;
      }
      return new Response(last.text, { headers: { 'Content-Type': 'application/json' } });
    },
  });
  return async (header, token) => {
    const asked = last;
    try {
      return await keys(header, token);
    } catch (error) {
      const isNew = error instanceof errors.JWKSNoMatchingKey && asked !== null && asked === last;
      if (!isNew || waiting >= WAITING_MAX) throw error;
      // The keys were read a moment ago, and the issuer may have changed them since: they are read once more when that may be.
      waiting += 1;
      await sleep(Math.max(0, COOLDOWN_MS - (performance.now() - asked.at)) + 1);
      while (keys.coolingDown) await sleep(10);
      waiting -= 1;
      return keys(header, token);
    }
  };
}
