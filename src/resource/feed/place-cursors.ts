import { crc32 } from 'node:zlib';
import { fromBase64Url, toBase64Url } from '../../words/base64.ts';

/** Cursors of a stream's places, good for what it was asked for alone. */
export interface PlaceCursors {
  encode(place: number): string;
  /** Null for a cursor that is foreign, edited or cut. */
  decode(cursor: string): number | null;
}

export function placeCursors(boundTo: string): PlaceCursors {
  const binding = crc32(boundTo);
  const encode = (place: number) => toBase64Url(`${crc32(String(place), binding).toString(36)}|${place}`);
  return {
    encode,
    decode(cursor) {
      const place = Number(fromBase64Url(cursor).split('|')[1]);
      return Number.isSafeInteger(place) && encode(place) === cursor ? place : null;
    },
  };
}
