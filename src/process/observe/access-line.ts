import { type Logger, pino } from 'pino';
import type { Principal } from '../../resource/context.ts';
import type { Visit } from './visit.ts';

interface Line {
  visit: Visit;
  status: number;
  ms: number;
}

const { asJsonSym, chindingsSym } = pino.symbols;

/** What pino lets others replace: how a line becomes text, of what all lines of a logger say. */
interface Writer {
  readonly [chindingsSym]: string;
  [asJsonSym](line: Line, message: unknown, level: number, time: string): string;
}

/**
 * Writes one line per request at `info`. Its text is made by hand: to look through an object's properties would take several
 * times as long, on the way of every request. Nothing in it could be a secret, so none is looked for.
 */
export function accessLines(log: Logger): (visit: Visit, status: number, ms: number) => void {
  const lines = log.child({}, { redact: [] }) as Logger & Writer;
  lines[asJsonSym] = textOf;
  return (visit, status, ms) => {
    if (lines.isLevelEnabled('info')) lines.info({ visit, status, ms });
  };
}

/** Ids of requests and traces, methods, patterns and names of operations are of letters, digits and a few signs: only the rest is escaped. */
function textOf(this: Writer, { visit, status, ms }: Line, _message: unknown, level: number, time: string): string {
  const { requestId, traceId, method, route, isRoute, operationName, principal } = visit;
  return `{"level":${level}${time}${this[chindingsSym]},"requestId":"${requestId}","traceId":${inQuotes(traceId)},"method":"${method}","route":${
    isRoute ? inQuotes(route) : JSON.stringify(route)
  },"status":${status},"ms":${Math.round(ms * 1000) / 1000},${
    principal ? askerOf(principal) : NOBODY
  },"operation":${inQuotes(operationName)},"msg":"answered"}\n`;
}

function inQuotes(plain: string | null): string {
  return plain === null ? 'null' : `"${plain}"`;
}

const NOBODY = '"org":null,"actor":null';
const askers = new WeakMap<Principal, string>();

/** Who is known asks again and again. */
function askerOf(principal: Principal): string {
  const known = askers.get(principal);
  if (known !== undefined) return known;
  const text = `"org":${JSON.stringify(principal.orgId)},"actor":${JSON.stringify(principal.actorId)}`;
  askers.set(principal, text);
  return text;
}
