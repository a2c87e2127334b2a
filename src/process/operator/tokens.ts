import { roles } from '../../nouns/roles/model.ts';
import { type Token, tokens, tokenUses } from '../../nouns/tokens/model.ts';
import { createToken, deleteToken, rotateToken } from '../../nouns/tokens/repository.ts';
import type { Context } from '../../resource/context.ts';
import { allDocs } from '../../store/every.ts';
import { UsageRefused } from '../../words/refused.ts';
import type { Env } from '../setup/env.ts';
import { readName } from '../setup/given-name.ts';
import { remark } from '../setup/place.ts';
import { withOrg } from './open.ts';
import { mustBeShown, printJson, printTable } from './print.ts';

interface InOrg {
  org: string;
  json?: boolean;
}

/** The way back into an org whose last Admin token is lost. */
export async function createTokenCommand(words: InOrg & { role: string; name: string }, env: Env): Promise<void> {
  const name = readName(words.name, (why) => new UsageRefused(`--name: ${why}`));
  mustBeShown('the token');
  await withOrg(env, words.org, async (ctx, place) => {
    const { token, secret } = await createToken(ctx, { name, role: words.role });
    show(words, token, secret);
    remark(`made the token in ${place}`);
  });
}

export async function listTokensCommand(words: InOrg, env: Env): Promise<void> {
  await withOrg(env, words.org, async (ctx) => {
    const all = await allDocs(ctx.deps.store, tokens.collection, { orgId: words.org });
    const shown = await Promise.all(all.map((token) => shownOf(ctx, token)));
    if (words.json) return printJson({ org_id: words.org, tokens: shown });
    printTable(
      ['token_id', 'name', 'role', 'prefix', 'last used', 'state'],
      shown.map((one) => [
        one.token_id,
        one.name,
        one.role ?? '–',
        one.prefix,
        one.last_used_at ?? 'never',
        stateOf(one, ctx.deps.now()),
      ]),
    );
  });
}

async function shownOf({ deps: { store } }: Context, token: Token) {
  const { orgId, id } = token;
  const role = token.roleId === null ? null : await store.get(roles.collection, { orgId, id: token.roleId });
  const use = await store.get(tokenUses, { orgId, id });
  return {
    token_id: id,
    name: token.name,
    role: role?.name ?? null,
    member_id: token.memberId,
    prefix: token.prefix,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
    last_used_at: use?.lastUsedAt ?? null,
    revoked_at: token.revokedAt,
  };
}

function stateOf({ revoked_at, expires_at }: { revoked_at: string | null; expires_at: string | null }, now: number) {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'valid';
}

export async function revokeTokenCommand(tokenId: string, words: InOrg, env: Env): Promise<void> {
  await withOrg(env, words.org, async (ctx, place) => {
    const { token } = await deleteToken(ctx, { tokenId });
    const { revokedAt } = token;
    if (words.json) printJson({ org_id: words.org, token_id: tokenId, revoked_at: revokedAt });
    else process.stdout.write(`revoked ${tokenId}\n`);
    remark(`revoked the token in ${place}`);
  });
}

export async function rotateTokenCommand(
  tokenId: string,
  words: InOrg & { overlapSeconds: number },
  env: Env,
): Promise<void> {
  mustBeShown("the token's new secret");
  await withOrg(env, words.org, async (ctx, place) => {
    const { token, secret } = await rotateToken(ctx, { tokenId, overlapSeconds: words.overlapSeconds });
    show(words, token, secret);
    remark(`gave the token a new secret in ${place}`);
  });
}

function show({ org, json }: InOrg, token: Token, secret: string): void {
  if (json) printJson({ org_id: org, token_id: token.id, token: secret });
  else process.stdout.write(`${secret}\n`);
}
