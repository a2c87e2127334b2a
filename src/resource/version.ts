import type { Doc } from '../store/store.ts';
import { fault } from '../words/errors.ts';
import type { Context } from './context.ts';

/** The strong ETag of a version; the time of creation keeps a re-created id (a model's slug) apart from its predecessor. */
export function etagOf({ version, createdAt, edition }: Pick<Doc, 'version' | 'createdAt' | 'edition'>): string {
  return `"${version}-${Date.parse(createdAt).toString(36)}${edition ? `-${edition}` : ''}"`;
}

/** Whether an `If-Match` or `If-None-Match` list names the tag. `weak`: for GET, where W/ does not matter. */
export function matchesTag(header: string, tag: string, { weak }: { weak: boolean }): boolean {
  if (header.trim() === '*') return true;
  return header.split(',').some((part) => {
    const one = part.trim();
    return one === tag || (weak && one === `W/${tag}`);
  });
}

/** Refuses with PRECONDITION_FAILED when the caller acts on another version than the current one. */
export function checkVersion(ctx: Context, doc: Doc, expectedVersion: number | null | undefined): void {
  const tag = etagOf(doc);
  const { ifMatch } = ctx.terms;
  const stale =
    (expectedVersion != null && expectedVersion !== doc.version) ||
    (ifMatch !== null && !matchesTag(ifMatch, tag, { weak: false }));
  if (stale) throw fault('PRECONDITION_FAILED', { current_etag: tag });
}
