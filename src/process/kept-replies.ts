import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../http/reply.ts';
import type { Context, Principal } from '../resource/context.ts';
import { recorded, type Sources } from '../resource/recorded.ts';
import type { Reads } from '../store/recorded.ts';
import type { MaybePromise } from '../words/maybe.ts';

/** Headers that have a say in what is read; a door is given no others of a question. */
export interface Manner
  extends Pick<IncomingHttpHeaders, 'accept' | 'content-type' | 'content-encoding' | 'if-none-match'> {}

/** Most clients ask in one manner all the time: what is kept shares it with what is asked. */
const manners: Manner[] = [];
const MANNERS_MAX = 8;

export function mannerOf(headers: IncomingHttpHeaders): Manner {
  for (const known of manners) if (isSame(known, headers)) return known;
  const made: Manner = {
    accept: headers.accept,
    'content-type': headers['content-type'],
    'content-encoding': headers['content-encoding'],
    'if-none-match': headers['if-none-match'],
  };
  manners.unshift(made);
  if (manners.length > MANNERS_MAX) manners.pop();
  return made;
}

/** All that a door learns of a request that only reads, beside who has sent it. */
export interface Question {
  /** The request's address, or its body where that says what is asked. */
  readonly text: string | undefined;
  readonly manner: Manner;
}

/** Answers from memory what would be answered the same now; all else is made, with the context that `make` is given. */
export type KeptReplies = (
  question: Question,
  ctx: Context,
  make: (ctx: Context) => MaybePromise<Reply>,
) => MaybePromise<Reply>;

const BRACE = 0x7b;

/** A body as the text of a question, byte for byte; what does not begin as an object is none, and no address begins so. */
export function textOf(bytes: Buffer): string | undefined {
  return bytes[0] === BRACE ? bytes.toString('latin1') : undefined;
}

interface Kept {
  readonly manner: Manner;
  readonly reply: Reply;
  readonly reads: Reads;
}

/** Replies by their questions, for all who ask with the same rights as the same actor. */
type Replies = Map<string, Kept>;

/** Characters of questions and replies that are kept; twice as many before what nobody has asked for again is forgotten. */
const KEPT_MAX = 16_777_216;
/** What is longer is made anew each time. */
const REPLY_MAX = 524_288;
const QUESTION_MAX = 8_192;
/** What an entry takes beside its texts. */
const ENTRY = 512;

/**
 * A reply is made of the question, of who asks, and of what the store answers meanwhile. So it is kept with these three, and
 * given again as long as all of them are the same: the store is asked again each time, by the same reads within one
 * instant, and what it answers is compared by identity, as it gives another object for another version of a document.
 * What is made of anything else (the clock, chance), in more than one turn, or is no plain success, is made anew each time.
 */
export function createKeptReplies(): KeptReplies {
  let young = new Map<string, Replies>();
  let old = new Map<string, Replies>();
  let size = 0;

  function keep(asker: string, text: string, kept: Kept): void {
    const weight = ENTRY + text.length + (kept.reply.bytes ?? 0);
    if (size + weight > KEPT_MAX) {
      old = young;
      young = new Map();
      size = 0;
    }
    const own = young.get(asker) ?? new Map<string, Kept>();
    young.set(asker, own.set(text, kept));
    size += weight;
  }

  return ({ text, manner }, ctx, make) => {
    const { store } = ctx.deps;
    // Another engine answers later, and by other objects each time.
    if (store.engine !== 'sqlite' || text === undefined || text.length > QUESTION_MAX) return make(ctx);
    const asker = askerOf(ctx.principal);
    const newer = young.get(asker)?.get(text);
    const known = newer ?? old.get(asker)?.get(text);
    if (known && (known.manner === manner || isSame(known.manner, manner)) && known.reads.hold(store)) {
      if (known !== newer) keep(asker, text, known);
      return known.reply;
    }
    const { ctx: own, sources } = recorded(ctx);
    const reply = make(own);
    const made = reply instanceof Promise ? null : lasting(reply, sources);
    if (made) keep(asker, text, { manner, reply: made, reads: sources.reads });
    return reply;
  };
}

/** The reply with its length, or null where it is made of more than can be compared. */
function lasting(reply: Reply, { reads, others }: Sources): Reply | null {
  const { status, body, stream, operation } = reply;
  const isPlain = (status === 200 || status === 304) && !stream && !operation?.codes.length;
  if (!isPlain || others || !reads.isLasting) return null;
  if (body === null) return reply;
  if (typeof body !== 'string' || body.length > REPLY_MAX) return null;
  return { ...reply, bytes: reply.bytes ?? Buffer.byteLength(body) };
}

function isSame(one: Manner, other: Manner): boolean {
  return (
    one.accept === other.accept &&
    one['content-type'] === other['content-type'] &&
    one['content-encoding'] === other['content-encoding'] &&
    one['if-none-match'] === other['if-none-match']
  );
}

const askers = new WeakMap<Principal, string>();

/** Another object stands for the same caller every time that its token is read anew. */
function askerOf(principal: Principal): string {
  const known = askers.get(principal) ?? JSON.stringify(principal);
  askers.set(principal, known);
  return known;
}
