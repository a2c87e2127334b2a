import { type Logger, pino } from 'pino';
import { expected } from '../../words/expected.ts';
import { type Draft, LINES_MAX, type Lines } from '../setup/lines.ts';
import { asBytes, inAscii, MILLIS_MAX, NOTHING, putBytes, putMillis, putText } from './ascii.ts';
import { askedOf, askerOf, headsOf, NO_TRACE, TRACE } from './line-pieces.ts';
import type { Visit } from './visit.ts';

const { chindingsSym, streamSym } = pino.symbols;

/** What pino has of a logger, by its own names. */
interface Inside {
  readonly [name: symbol]: unknown;
}
/** Where its lines go. */
type Place = Pick<Lines, 'write'> & Partial<Pick<Lines, 'draft'>>;

/**
 * Writes one line per request at `info`, in a log's own form, though not by it: to look through an object's properties would
 * take several times as long, for every request. Nothing in it could be a secret, so none is looked for.
 */
export function accessLines(log: Logger): (visit: Visit, status: number, ms: number) => void {
  if (!log.isLevelEnabled('info')) return () => {};
  const inside = log as Logger & Inside;
  const stream = inside[streamSym] as Place;
  const lines = new AccessLines(inAscii(String(inside[chindingsSym])));
  return (visit, status, ms) => {
    lines.keep(visit, status, ms);
    if (stream.draft) return stream.draft(lines);
    const line = Buffer.alloc(lines.most());
    stream.write(line.toString('latin1', 0, lines.write(line, 0)));
  };
}

const QUOTE = asBytes('"');

/**
 * The lines that wait, in columns: to keep one makes nothing new, and nothing of a visit changes once it is answered. Each is
 * written of bytes that most others have, too.
 */
class AccessLines implements Draft {
  readonly #headAt: (time: number) => Uint8Array;
  readonly #visits: Visit[] = [];
  readonly #statuses = new Uint16Array(LINES_MAX);
  readonly #took = new Float64Array(LINES_MAX);
  #written = 0;
  /** By how much the wall clock was ahead of the other when the oldest of them came: to ask it for each takes longer than to keep a line. */
  #aheadMs = 0;
  #head = NOTHING;
  #asked = NOTHING;
  #asker = NOTHING;

  constructor(shared: string) {
    this.#headAt = headsOf(shared);
  }

  keep(visit: Visit, status: number, ms: number): void {
    const at = this.#visits.length;
    if (at === 0) this.#aheadMs = Date.now() - visit.begunMs - ms;
    this.#visits.push(visit);
    this.#statuses[at] = status;
    this.#took[at] = ms;
  }

  most(): number {
    const at = this.#written;
    const visit = expected(this.#visits[at], 'line');
    this.#head = this.#headAt(Math.round(this.#aheadMs + visit.begunMs + (this.#took[at] ?? 0)));
    this.#asked = askedOf(visit, this.#statuses[at] ?? 0);
    this.#asker = askerOf(visit.principal);
    const pieces = this.#head.length + this.#asked.length + this.#asker.length;
    const trace = TRACE.length + (visit.traceId?.length ?? 0) + QUOTE.length;
    return pieces + visit.requestId.length + trace + MILLIS_MAX;
  }

  write(into: Buffer, at: number): number {
    const { requestId, traceId } = expected(this.#visits[this.#written], 'line');
    const took = this.#took[this.#written] ?? 0;
    let end = putText(into, putBytes(into, at, this.#head), requestId);
    if (traceId !== null) end = putBytes(into, putText(into, putBytes(into, end, TRACE), traceId), QUOTE);
    end = putBytes(into, end, traceId === null ? this.#asked : this.#asked.subarray(NO_TRACE.length));
    end = putBytes(into, putMillis(into, end, took), this.#asker);
    this.#forget();
    return end;
  }

  #forget(): void {
    this.#written += 1;
    if (this.#written < this.#visits.length) return;
    this.#written = 0;
    this.#visits.length = 0;
  }
}
