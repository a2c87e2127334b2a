import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Bearer tokens: `mm_tok_` + 12-character public id + `_` + 43 base62 characters + 6-character CRC-32 of all before it. */
const PATTERN = /^mm_tok_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export interface Secret {
  /** What the caller keeps; shown once. */
  token: string;
  publicId: string;
  /** SHA-256 of the token, in hex; all that is stored. */
  hash: string;
}

export function createSecret(random: (size: number) => Uint8Array = randomBytes): Secret {
  const publicId = base62(12, random);
  const body = `mm_tok_${publicId}_${base62(43, random)}`;
  const token = body + checksum(body);
  return { token, publicId, hash: hashOf(token) };
}

/** The public id of a well-formed token; null for anything else, without asking the store. */
export function parseToken(token: string): string | null {
  const [, publicId = null, , sum] = PATTERN.exec(token) ?? [];
  return checksum(token.slice(0, -6)) === sum ? publicId : null;
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function sameHash(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right));
}

function base62(length: number, random: (size: number) => Uint8Array): string {
  let text = '';
  // 248 is the largest multiple of 62 in a byte: dropping the rest keeps every character equally likely.
  while (text.length < length)
    for (const byte of random(length)) if (byte < 248 && text.length < length) text += BASE62[byte % 62];
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let at = 0; at < 6; at += 1, rest = Math.floor(rest / 62)) digits = BASE62[rest % 62] + digits;
  return digits;
}
