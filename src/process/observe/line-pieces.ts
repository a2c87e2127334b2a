import type { Principal } from '../../resource/context.ts';
import { asBytes, inAscii } from './ascii.ts';
import type { Visit } from './visit.ts';

const INFO = 30;

/** How a line begins: many are of the same millisecond. */
export function headsOf(shared: string): (time: number) => Uint8Array {
  let at = 0;
  let head = asBytes('');
  return (time) => {
    if (time !== at) head = asBytes(`{"level":${INFO},"time":${time}${shared},"requestId":"`);
    at = time;
    return head;
  };
}

/** What comes behind the request's id: what was asked begins with the first of them, in whose place the other may stand. */
export const NO_TRACE = '","traceId":null';
export const TRACE = asBytes('","traceId":"');

interface Asked {
  readonly method: string;
  readonly route: string;
  readonly operationName: string | null;
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** By the operation's name, of which callers make their own: of ours there are some hundred. */
const known = new Map<string | null, Asked[]>();
const NAMES_MAX = 1_000;
const NAME_MAX = 100;
let last: Asked | null = null;

/** From behind the request's id to how long it took. */
export function askedOf(visit: Visit, status: number): Uint8Array {
  if (last !== null && isSame(last, visit, status)) return last.bytes;
  const { operationName, isRoute } = visit;
  if (!isRoute) return made(visit, status).bytes;
  const alike = known.get(operationName);
  const one = alike?.find((asked) => isSame(asked, visit, status)) ?? made(visit, status);
  if (alike === undefined && known.size < NAMES_MAX && (operationName?.length ?? 0) <= NAME_MAX)
    known.set(operationName, [one]);
  else if (alike !== undefined && !alike.includes(one)) alike.push(one);
  last = one;
  return one.bytes;
}

function isSame(asked: Asked, { method, route, operationName, isRoute }: Visit, status: number): boolean {
  return (
    isRoute &&
    asked.route === route &&
    asked.operationName === operationName &&
    asked.status === status &&
    asked.method === method
  );
}

/** Methods, patterns and names of operations are of letters, digits and a few signs: only what is no pattern of ours is escaped. */
function made({ method, route, operationName, isRoute }: Visit, status: number): Asked {
  const path = isRoute ? inQuotes(route) : inAscii(JSON.stringify(unmatched(route)));
  const head = `${NO_TRACE},"method":${inQuotes(method)},"route":${path},"operation":${inQuotes(operationName)}`;
  const text = `${head},"status":${status},"ms":`;
  return { method, route, operationName, status, bytes: asBytes(text) };
}

function inQuotes(plain: string | null): string {
  return plain ? `"${plain}"` : 'null';
}

/** What opens something, wherever in an address somebody has pasted it: tokens, secrets of webhooks, JWTs, passwords before a host. */
const SECRETS = /(?<=mm_tok_[0-9A-Za-z]{12}_)\w+|(?<=whsec_)[\w+/=%-]+|\beyJ[\w-]*\.[\w-]+(\.[\w-]*)*|(?<=\/\/)[^/]*@/g;

/** What each of them has in it: to look for this takes a fraction of the time, and refusals are to be cheap. */
const SIGN = /mm_tok_|whsec_|eyJ|@/;

/** A path that is none of ours may be anything. */
function unmatched(path: string): string {
  return SIGN.test(path) ? path.replace(SECRETS, '***') : path;
}

const END = '"msg":"answered"}\n';
const NOBODY = asBytes(`,"org":null,"actor":null,${END}`);
const askers = new WeakMap<Principal, Uint8Array>();

/** The rest: who is known asks again and again. */
export function askerOf(principal: Principal | null): Uint8Array {
  if (principal === null) return NOBODY;
  const known = askers.get(principal);
  if (known !== undefined) return known;
  const { orgId, actorId } = principal;
  const bytes = asBytes(inAscii(`,"org":${JSON.stringify(orgId)},"actor":${JSON.stringify(actorId)},${END}`));
  askers.set(principal, bytes);
  return bytes;
}
