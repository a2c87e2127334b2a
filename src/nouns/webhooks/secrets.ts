import type { Context } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import type { Planned } from '../../resource/write.ts';
import type { Doc, Key } from '../../store/store.ts';
import { type SigningSecrets, signingSecrets } from './model.ts';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;
/** How many sign at once: receivers try each signature of a message. */
const SECRETS_MAX = 5;

/** As Standard Webhooks writes them: base64 behind a prefix. */
export function newSecret(randomBytes: (size: number) => Uint8Array): string {
  return PREFIX + Buffer.from(randomBytes(SECRET_BYTES)).toString('base64');
}

export function firstSecret(ctx: Context, webhook: Doc, secret: string): Planned {
  const doc: SigningSecrets = { ...created(ctx, webhook.id), secrets: [{ secret, endsAt: null }] };
  return { change: { type: 'insert', in: signingSecrets, doc } };
}

/** Those that sign at a moment, the newest first. */
export function signingAt({ secrets }: SigningSecrets, nowMs: number): string[] {
  return secrets.filter(({ endsAt }) => endsAt === null || Date.parse(endsAt) > nowMs).map(({ secret }) => secret);
}

/** A further secret; those before it end after the overlap, or sooner where they would have. */
export async function rotated(
  ctx: Context,
  { orgId, id }: Key,
  secret: string,
  overlapSeconds: number,
): Promise<Planned> {
  const now = ctx.deps.now();
  const stored = await ctx.deps.store.get(signingSecrets, { orgId, id });
  const ends = new Date(now + overlapSeconds * 1_000).toISOString();
  const older = (stored?.secrets ?? [])
    .map((one) => ({ ...one, endsAt: one.endsAt !== null && one.endsAt < ends ? one.endsAt : ends }))
    .filter(({ endsAt }) => Date.parse(endsAt) > now);
  const secrets = [{ secret, endsAt: null }, ...older].slice(0, SECRETS_MAX);
  if (!stored) return { change: { type: 'insert', in: signingSecrets, doc: { ...created(ctx, id), secrets } as Doc } };
  const doc = { ...stored, secrets, version: stored.version + 1 };
  return { change: { type: 'put', in: signingSecrets, doc, expected: stored.version } };
}
