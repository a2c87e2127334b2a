import { keep, keptLength, knownText } from '../words/json-text.ts';

/** What is written as JSON at once, in characters: less than a millisecond's work. */
const PIECE = 65_536;
/** What an answer may come to: a page of 200 documents of a mebibyte fits in. */
export const ANSWER_MAX_BYTES = 268_435_456;

export function isLarge(value: unknown): boolean {
  return weigh(value, PIECE) >= PIECE;
}

/** The JSON of a large value, written a piece at a time; null where it is too long. */
export function* inPieces(value: unknown, maxBytes = ANSWER_MAX_BYTES): Generator<void, Buffer[] | null> {
  const written: Buffer[] = [];
  const add = (bytes: Buffer) => {
    written.push(bytes);
    return bytes.length;
  };
  let left = maxBytes;
  let text = '';
  for (const piece of piecesOf(value)) {
    text += piece;
    if (text.length < PIECE) continue;
    left -= add(Buffer.from(text));
    if (left < 0) return null;
    text = '';
    yield;
  }
  return add(Buffer.from(text)) > left ? null : written;
}

function* piecesOf(given: unknown): Generator<string> {
  const value = jsonOf(given);
  if (typeof value !== 'object' || value === null || !isLarge(value)) return yield JSON.stringify(value);
  if (!Array.isArray(value) || !Object.isFrozen(value)) return yield* membersInPieces(value);
  const known = knownText(value);
  if (known !== undefined) return yield known.text;
  const written: string[] = [];
  for (const piece of membersInPieces(value)) {
    written.push(piece);
    yield piece;
  }
  const text = written.join('');
  keep(value, { text, bytes: Buffer.byteLength(text) });
}

function* membersInPieces(value: object): Generator<string> {
  const isList = Array.isArray(value);
  let group: [string, unknown][] = [];
  let weight = 0;
  let before = isList ? '[' : '{';
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    if (!isList && item === undefined) continue;
    const own = weigh(item, PIECE);
    if (own < PIECE) {
      group.push([key, item]);
      weight += own;
    }
    if (weight >= PIECE || (own >= PIECE && group.length > 0)) {
      yield before + membersOf(group, isList);
      [group, weight, before] = [[], 0, ','];
    }
    if (own < PIECE) continue;
    yield isList ? before : `${before}${JSON.stringify(key)}:`;
    yield* piecesOf(item);
    before = ',';
  }
  yield `${group.length > 0 ? before + membersOf(group, isList) : ''}${isList ? ']' : '}'}`;
}

/** Without the brackets around them. */
function membersOf(group: readonly [string, unknown][], isList: boolean): string {
  return JSON.stringify(isList ? group.map(([, item]) => item) : Object.fromEntries(group)).slice(1, -1);
}

/** About the length of a value's JSON, or `limit` and more: nobody counts on. */
function weigh(given: unknown, limit: number): number {
  const value = jsonOf(given);
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 6;
  let weight = keptLength(value) ?? 2;
  if (weight > 2) return weight;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && weight < limit; at += 1) weight += weigh(value[at], limit - weight);
    return weight;
  }
  for (const key in value) {
    weight += key.length + 4 + weigh((value as Record<string, unknown>)[key], limit - weight);
    if (weight >= limit) break;
  }
  return weight;
}

/** Errors and dates say themselves what they are as JSON. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value) : value;
}
