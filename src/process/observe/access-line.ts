import { type Logger, pino } from 'pino';
import type { Principal } from '../../resource/context.ts';
import type { Draft, Lines } from '../setup/lines.ts';
import type { Visit } from './visit.ts';

const { chindingsSym, streamSym } = pino.symbols;

/** What pino has of a logger, by its own names. */
interface Inside {
  readonly [name: symbol]: unknown;
}
/** Where its lines go. */
type Place = Pick<Lines, 'write'> & Partial<Pick<Lines, 'draft'>>;

const INFO = 30;

/**
 * Writes one line per request at `info`, in a log's own form, though not by it: to look through an object's properties would
 * take several times as long, for every request. Nothing in it could be a secret, so none is looked for.
 */
export function accessLines(log: Logger): (visit: Visit, status: number, ms: number) => void {
  if (!log.isLevelEnabled('info')) return () => {};
  const inside = log as Logger & Inside;
  const stream = inside[streamSym] as Place;
  const headAt = headsOf(inAscii(String(inside[chindingsSym])));
  return (visit, status, ms) => {
    const line = new AccessLine(headAt, visit, status, ms);
    if (stream.draft) stream.draft(line);
    else stream.write(line.text());
  };
}

/** How a line begins: many are of the same millisecond. */
function headsOf(shared: string): (time: number) => string {
  let at = 0;
  let head = '';
  return (time) => {
    if (time !== at) head = `{"level":${INFO},"time":${time}${shared},"requestId":"`;
    at = time;
    return head;
  };
}

/** Nothing of a visit changes once it is answered. */
class AccessLine implements Draft {
  readonly #headAt: (time: number) => string;
  readonly #visit: Visit;
  readonly #status: number;
  readonly #ms: number;
  readonly #time = Date.now();

  constructor(headAt: (time: number) => string, visit: Visit, status: number, ms: number) {
    this.#headAt = headAt;
    this.#visit = visit;
    this.#status = status;
    this.#ms = ms;
  }

  /** Ids of requests and traces, methods, patterns and names of operations are of letters, digits and a few signs: only the rest is escaped. */
  text(): string {
    const { requestId, traceId, operationName, principal } = this.#visit;
    return `${this.#headAt(this.#time)}${requestId}","traceId":${inQuotes(traceId)},${askedOf(this.#visit)}${this.#status},"ms":${inMillis(
      this.#ms,
    )},${principal ? askerOf(principal) : NOBODY},"operation":${inQuotes(operationName)},"msg":"answered"}\n`;
  }
}

function inQuotes(plain: string | null): string {
  return plain === null ? 'null' : `"${plain}"`;
}

const BEYOND_ASCII = /[^\0-\x7f]/g;

function inAscii(json: string): string {
  return json.replace(BEYOND_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const THOUSANDTHS = Array.from({ length: 1_000 }, (_, at) => String(at).padStart(3, '0'));

/** To the microsecond: to find the shortest text of a number takes longer than the rest of a line's. */
function inMillis(ms: number): string {
  const us = Math.round(ms * 1_000);
  const whole = Math.floor(us / 1_000);
  return `${whole}.${THOUSANDTHS[us - whole * 1_000]}`;
}

/** Of each pattern of ours by its methods, of which there are few. */
const asked = new Map<string, Map<string, string>>();

function askedOf({ method, route, isRoute }: Visit): string {
  if (!isRoute) return `"method":"${method}","route":${inAscii(JSON.stringify(unmatched(route)))},"status":`;
  const known = asked.get(route)?.get(method);
  if (known !== undefined) return known;
  const text = `"method":"${method}","route":"${route}","status":`;
  asked.set(route, new Map([...(asked.get(route) ?? []), [method, text]]));
  return text;
}

/** What opens something, wherever in an address somebody has pasted it: tokens, secrets of webhooks, JWTs, passwords before a host. */
const SECRETS = /(?<=mm_tok_[0-9A-Za-z]{12}_)\w+|(?<=whsec_)[\w+/=%-]+|\beyJ[\w-]*\.[\w-]+(\.[\w-]*)*|(?<=\/\/)[^/]*@/g;

/** A path that is none of ours may be anything. */
function unmatched(path: string): string {
  return path.replace(SECRETS, '***');
}

const NOBODY = '"org":null,"actor":null';
const askers = new WeakMap<Principal, string>();

/** Who is known asks again and again. */
function askerOf(principal: Principal): string {
  const known = askers.get(principal);
  if (known !== undefined) return known;
  const text = inAscii(`"org":${JSON.stringify(principal.orgId)},"actor":${JSON.stringify(principal.actorId)}`);
  askers.set(principal, text);
  return text;
}
