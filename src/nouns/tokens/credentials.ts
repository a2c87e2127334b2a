import type { Context } from '../../resource/context.ts';
import { created } from '../../resource/new-doc.ts';
import type { Change } from '../../store/store.ts';
import type { Secret } from '../../words/secret.ts';
import { type Credential, credentials, type Token } from './model.ts';

/** A secret of a token as one more change of the commit; only its hash is stored. */
export function credentialChange(ctx: Context, token: Token, secret: Secret): Change {
  const doc: Credential = {
    ...created(ctx, secret.publicId, ''),
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
