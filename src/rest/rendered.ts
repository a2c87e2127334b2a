import type { Reply } from '../http/reply.ts';
import type { Rendered } from '../resource/context.ts';
import type { Row } from './row.ts';

/** Where the operation tells the ETag of what the reply shows. */
const TAG = '_tag';

/** The row's selection, with the ETag in it. */
export function tagged({ resource, selection }: Pick<Row, 'resource' | 'selection'>): string {
  if (resource === null) return selection;
  return selection.replace('{', resource === '' ? `{ ${TAG}: etag` : `{ ${TAG}: ${resource} { etag }`);
}

/** Of an answer that never changes: its reply never does either. */
class Lasting implements Rendered {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | null;
  reply: Reply | null = null;

  constructor({ status, body, etag }: Rendered) {
    this.status = status;
    this.body = body;
    this.etag = etag;
  }
}

/** A row has one of each document that is in memory, for as long as that is: all of them are little more than these. */
const lasting = new WeakMap<object, Lasting>();

/** What the row's operation answered, as its reply shows it: the ETag goes to the header. */
export function renderedOf(row: Row, result: object): Rendered {
  if (row.resource === null) return { status: row.status, body: row.shape(result as never), etag: null };
  const known = lasting.get(result);
  if (known) return known;
  const { [TAG]: tag, ...value } = result as Record<string, unknown>;
  const isFrozen = Object.isFrozen(result);
  const body = row.shape((isFrozen ? Object.freeze(value) : value) as never);
  const etag = row.resource === '' ? (tag as string) : (tag as { etag: string }).etag;
  const rendered = { status: row.status, body, etag };
  if (!isFrozen) return rendered;
  const made = new Lasting(rendered);
  lasting.set(result, made);
  return made;
}

/** The reply that was made of it before. */
export function knownReply(rendered: Rendered): Reply | null {
  return rendered instanceof Lasting ? rendered.reply : null;
}

/** Whoever has made the reply may leave it here; nobody writes to it. */
export function keepReply(rendered: Rendered, reply: Reply): void {
  if (rendered instanceof Lasting && typeof reply.body === 'string') rendered.reply = reply;
}
