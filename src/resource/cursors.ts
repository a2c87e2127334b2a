import { crc32 } from 'node:zlib';
import type { Position } from '../store/store.ts';
import { fromBase64Url, toBase64Url } from '../words/base64.ts';

/** Cursors that are good for one list, its filters and its order. */
export interface Cursors {
  encode: (at: Position) => string;
  /** Null for a cursor that is foreign, edited or cut. */
  decode: (cursor: string) => Position | null;
}

/** What they are bound to is asked for with the first of them. */
export function boundCursors(boundTo: () => string): Cursors {
  let known: number | undefined;
  const binding = () => {
    known ??= crc32(boundTo());
    return known;
  };
  const encode = ({ createdAt, id }: Position): string => {
    const body = `${createdAt}|${id}`;
    return toBase64Url(`${crc32(body, binding()).toString(36)}|${body}`);
  };
  const decode = (cursor: string): Position | null => {
    const [sum, createdAt, ...rest] = fromBase64Url(cursor).split('|');
    if (sum === undefined || createdAt === undefined || rest.length === 0) return null;
    const position = { createdAt, id: rest.join('|') };
    return encode(position) === cursor ? position : null;
  };
  return { encode, decode };
}
