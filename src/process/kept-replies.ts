import type { IncomingHttpHeaders } from 'node:http';
import { asSent, type Reply } from '../http/reply.ts';
import type { Context, Principal } from '../resource/context.ts';
import { recorded, type Sources } from '../resource/recorded.ts';
import type { Reads } from '../store/recorded.ts';
import { chain, type MaybePromise } from '../words/maybe.ts';
import { type Held, SecondChance } from '../words/second-chance.ts';
import type { Admitted } from './admission.ts';

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
  by: Admitted,
  make: (ctx: Context) => MaybePromise<Reply>,
) => MaybePromise<Reply>;

const BRACE = 0x7b;

/** A body as the text of a question, byte for byte; what does not begin as an object is none, and no address begins so. */
export function textOf(bytes: Buffer): string | undefined {
  return bytes[0] === BRACE ? bytes.toString('latin1') : undefined;
}

interface Kept extends Held {
  readonly asker: string;
  readonly text: string;
  readonly manner: Manner;
  readonly reply: Reply;
  readonly reads: Reads;
}

/** Characters of questions and replies that are kept. */
const ROOM = 25_165_824;
const QUESTION_MAX = 8_192;
/** What an entry takes beside its texts. */
const ENTRY = 512;

/**
 * A reply is made of the question, of who asks, and of what the store answers meanwhile. So it is kept with these three, and
 * given again as long as all of them are the same. The store is asked each time: for the moment at which anything that was read
 * has changed last; or, where it answers at once, by the same reads within one instant, whose answers are compared by
 * identity, as it gives another object for another version of a document.
 * What is made of anything else (the clock, chance), or is no plain success, is made anew each time.
 */
export function createKeptReplies(): KeptReplies {
  /** For all who ask with the same rights as the same actor, by what they ask. */
  const byAsker = new Map<string, Map<string, Kept>>();
  const all = new SecondChance<Kept>(ROOM, drop);

  function drop({ asker, text }: Kept): void {
    const own = byAsker.get(asker);
    own?.delete(text);
    if (own?.size === 0) byAsker.delete(asker);
  }

  function keep(kept: Kept): void {
    if (!all.takes(kept.size)) return;
    const before = byAsker.get(kept.asker)?.get(kept.text);
    if (before) all.remove(before);
    const own = byAsker.get(kept.asker) ?? new Map<string, Kept>();
    byAsker.set(kept.asker, own.set(kept.text, kept));
    all.add(kept);
  }

  return ({ text, manner }, by, make) => {
    const { store, principal } = by;
    if (text === undefined || text.length > QUESTION_MAX) return make(by.context());
    const asker = askerOf(principal);
    const anew = () => {
      const { ctx: own, sources } = recorded(by.context());
      const reply = make(own);
      const isLater = reply instanceof Promise;
      return chain(reply, (made) => {
        const reply = lasting(made, sources, isLater);
        if (!reply) return made;
        const size = ENTRY + text.length + (reply.bytes ?? 0);
        keep({ asker, text, manner, reply, reads: sources.reads, size, isUsed: false });
        return made;
      });
    };
    const known = byAsker.get(asker)?.get(text);
    if (!known || !isSame(known.manner, manner)) return anew();
    return chain(known.reads.hold(store), (holds) => {
      if (!holds) return anew();
      known.isUsed = true;
      return known.reply;
    });
  };
}

/** The reply with its length and headers as they are sent, or null where it is made of more than can be compared or is told of. */
function lasting(reply: Reply, { reads, others }: Sources, isLater: boolean): Reply | null {
  const { status, body, stream, operation } = reply;
  const isPlain = (status === 200 || status === 304) && !stream && !operation?.codes.length;
  if (!isPlain || others || !(isLater ? reads.isTold : reads.isComparable)) return null;
  if (body !== null && typeof body !== 'string') return null;
  const bytes = body === null ? 0 : (reply.bytes ?? Buffer.byteLength(body));
  return { ...reply, bytes, sent: asSent(reply, bytes) };
}

function isSame(one: Manner, other: Manner): boolean {
  return (
    one === other ||
    (one.accept === other.accept &&
      one['content-type'] === other['content-type'] &&
      one['content-encoding'] === other['content-encoding'] &&
      one['if-none-match'] === other['if-none-match'])
  );
}

const askers = new WeakMap<Principal, string>();

/** Another object stands for the same caller every time that its token is read anew. */
function askerOf(principal: Principal): string {
  const known = askers.get(principal) ?? JSON.stringify(principal);
  askers.set(principal, known);
  return known;
}
