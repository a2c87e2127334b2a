import { type Context, isoNow } from '../../resource/context.ts';
import type { Change } from '../../store/store.ts';
import type { Secret } from '../../words/secret.ts';
import { type Credential, credentials, type Token } from './model.ts';

/** A secret of a token as one more change of the commit; only its hash is stored. */
export function credentialChange(ctx: Context, token: Token, secret: Secret): Change {
  const now = isoNow(ctx);
  const doc: Credential = {
    id: secret.publicId,
    orgId: '',
    version: 1,
    createdAt: now,
    updatedAt: now,
    createdBy: ctx.principal.actorId,
    tokenId: token.id,
    tokenOrgId: token.orgId,
    secretHash: secret.hash,
    endsAt: null,
  };
  return { type: 'insert', in: credentials, doc };
}

export function prefixOf(publicId: string): string {
  return `mm_tok_${publicId}`;
}
