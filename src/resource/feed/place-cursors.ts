import { crc32 } from 'node:zlib';
import { sealed, unsealed } from '../cursors.ts';

/** Cursors of a stream's places, good for what it was asked for alone. */
export interface PlaceCursors {
  encode(place: number): string;
  /** Null for a cursor that is foreign, edited or cut. */
  decode(cursor: string): number | null;
}

export function placeCursors(boundTo: string): PlaceCursors {
  const binding = crc32(boundTo);
  const encode = (place: number) => sealed(String(place), binding);
  return {
    encode,
    decode(cursor) {
      const place = Number(unsealed(cursor, binding) ?? Number.NaN);
      return Number.isSafeInteger(place) && encode(place) === cursor ? place : null;
    },
  };
}
