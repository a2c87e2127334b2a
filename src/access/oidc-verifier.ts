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
const WAITING_MAX = 1_024;

interface Around {
  now: () => number;
  elapsed: () => number;
  skewMs: number;
  log: Pick<Logger, 'warn'>;
}

/** The claims of a token that this issuer has signed for this audience, for now; else null. */
export function createVerifier(
  { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience }: OidcSettings,
  { now, elapsed, skewMs, log }: Around,
): (token: string) => Promise<JWTPayload | null> {
  const keys = keysOf(issuer, elapsed);
  const check = (token: string, key: JWTVerifyGetKey) =>
    jwtVerify(token, key, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: skewMs / 1000,
      currentDate: new Date(now()),
    });
  return async (token) => {
    try {
      return (await byNewestKeys(keys, (key) => check(token, key))).payload;
    } catch (error) {
      // What the token itself is to blame for is nothing to tell anybody.
      if (!(error instanceof errors.JOSEError)) log.warn({ err: error }, 'the keys of OIDC_ISSUER cannot be read');
      return null;
    }
  };
}

/** What no known key has signed may be signed by one that the issuer has changed since, under a name of its own, the same or none. */
async function byNewestKeys<T>(keys: Keys, check: (key: JWTVerifyGetKey) => Promise<T>): Promise<T> {
  const asked = keys.last();
  try {
    return await byAnyKey(keys.get, check);
  } catch (error) {
    const isKnown = !(
      error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
    );
    if (isKnown || !(await keys.renewedSince(asked))) throw error;
    return byAnyKey(keys.get, check);
  }
}

/** A token that names no key may be signed by any that it could be. */
async function byAnyKey<T>(get: JWTVerifyGetKey, check: (key: JWTVerifyGetKey) => Promise<T>): Promise<T> {
  try {
    return await check(get);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await check(async () => key);
      } catch (other) {
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) throw other;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Where the issuer says that its keys are. */
async function addressOfKeys(issuer: string, signal: RequestInit['signal']): Promise<string> {
  const described = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(described, { signal: signal ?? null, redirect: 'error' });
  const { issuer: named, jwks_uri } = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
  if (!answer.ok || named !== issuer || typeof jwks_uri !== 'string')
    throw new Error(`${described} does not describe ${issuer}`);
  return jwks_uri;
}

async function keysText(url: string, init: RequestInit): Promise<string> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok || !Array.isArray((JSON.parse(text) as { keys?: unknown }).keys))
    throw new Error(`${url} answers no keys (${answer.status})`);
  return text;
}

/** The keys as they were read at a time. */
interface Answer {
  text: string;
  at: number;
}

interface Keys {
  get: JWTVerifyGetKey;
  last(): Answer | null;
  /** Whether there are others by now: they are read once more when that may be. */
  renewedSince(asked: Answer | null): Promise<boolean>;
}

/**
 * The issuer's keys, found by its own description each time that they are read: they may move. What is known of either
 * goes on while the issuer does not answer.
 */
function keysOf(issuer: string, elapsed: () => number): Keys {
  let waiting = 0;
  let askedAt = 0;
  let address: string | null = null;
  let last: Answer | null = null;
  const readText = async (init: RequestInit) => {
    address = await addressOfKeys(issuer, init.signal).catch((error: unknown) => {
      if (address === null) throw error;
      return address;
    });
    return keysText(address, init);
  };
  // When they are read is decided here: the library would go by the wall clock, which may be set back by hours.
  // Its address stands for the keys', which are asked for where the description says.
  const keys = createRemoteJWKSet(new URL(issuer), {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    timeoutDuration: PATIENCE_MS,
    [customFetch]: async (_, init) => {
      askedAt = elapsed();
      try {
        // An idle connection that the issuer closes just now fails the first of the two.
        const text = await readText(init).catch(() => readText(init));
        last = { text, at: elapsed() };
      } catch (error) {
        if (last === null) throw error;
      }
      return new Response(last.text, { headers: { 'Content-Type': 'application/json' } });
    },
  });
  let reading: { asked: Answer; done: Promise<void> } | null = null;
  const read = async (asked: Answer) => {
    await sleep(Math.max(0, COOLDOWN_MS - (elapsed() - asked.at)) + 1);
    if (last === asked) await keys.reload();
  };
  return {
    async get(header, token) {
      if (last !== null && elapsed() - askedAt >= KEYS_MS) await keys.reload();
      return keys(header, token);
    },
    last: () => last,
    async renewedSince(asked) {
      if (asked === null) return false;
      if (asked === last && waiting < WAITING_MAX) {
        waiting += 1;
        // All that know the same keys wait for the same answer.
        if (reading?.asked !== asked) reading = { asked, done: read(asked) };
        await reading.done.finally(() => {
          waiting -= 1;
        });
      }
      return last?.text !== asked.text;
    },
  };
}
