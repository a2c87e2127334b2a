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
  const shared = String(inside[chindingsSym]);
  return (visit, status, ms) => {
    const line = new AccessLine(shared, visit, status, ms);
    if (stream.draft) stream.draft(line);
    else stream.write(line.text());
  };
}

/** Nothing of a visit changes once it is answered. */
class AccessLine implements Draft {
  readonly #shared: string;
  readonly #visit: Visit;
  readonly #status: number;
  readonly #ms: number;
  readonly #time = Date.now();

  constructor(shared: string, visit: Visit, status: number, ms: number) {
    this.#shared = shared;
    this.#visit = visit;
    this.#status = status;
    this.#ms = ms;
  }

  /** Ids of requests and traces, methods, patterns and names of operations are of letters, digits and a few signs: only the rest is escaped. */
  text(): string {
    const { requestId, traceId, method, route, isRoute, operationName, principal } = this.#visit;
    return `{"level":${INFO},"time":${this.#time}${this.#shared},"requestId":"${requestId}","traceId":${inQuotes(traceId)},"method":"${method}","route":${
      isRoute ? inQuotes(route) : JSON.stringify(route)
    },"status":${this.#status},"ms":${Math.round(this.#ms * 1000) / 1000},${
      principal ? askerOf(principal) : NOBODY
    },"operation":${inQuotes(operationName)},"msg":"answered"}\n`;
  }
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
