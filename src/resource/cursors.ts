import { crc32 } from 'node:zlib';
import type { Position } from '../store/store.ts';
import { fromBase64Url, toBase64Url } from '../words/base64.ts';

/** Cursors that are good for one list, its filters and its order. */
export interface Cursors {
  encode: (at: Position) => string;
  /** Null for a cursor that is foreign, edited or cut. */
  decode: (cursor: string) => Position | null;
}

/** Of documents that the store keeps, the cursor in the list that has shown them last: most are read in one list again and again. */
const latest = new WeakMap<Position, { binding: number; cursor: string }>();

/** What they are bound to is asked for with the first of them. */
export function boundCursors(boundTo: () => string): Cursors {
  let known: number | undefined;
  const binding = () => {
    known ??= crc32(boundTo());
    return known;
  };
  const encode = (at: Position): string => {
    const last = latest.get(at);
    if (last?.binding === binding()) return last.cursor;
    const body = `${at.createdAt}|${at.id}`;
    const cursor = toBase64Url(`${crc32(body, binding()).toString(36)}|${body}`);
    if (Object.isFrozen(at)) latest.set(at, { binding: binding(), cursor });
    return cursor;
  };
  const decode = (cursor: string): Position | null => {
    const [sum, createdAt, ...rest] = fromBase64Url(cursor).split('|');
    if (sum === undefined || createdAt === undefined || rest.length === 0) return null;
    const position = { createdAt, id: rest.join('|') };
    return encode(position) === cursor ? position : null;
  };
  return { encode, decode };
}
