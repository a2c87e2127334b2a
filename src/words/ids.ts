import { createHash, randomBytes } from 'node:crypto';

export interface Ids {
  /** A new id: the prefix, then 26 characters that sort by creation (ULID, lower case, increasing within a millisecond). */
  next(prefix: string): string;
}

const TAIL = 16;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Random bytes that are fetched at once: to ask the system for each id costs more than the id. */
const POOL_BYTES = 4_096;

export function createIds(now: () => number, random: (size: number) => Uint8Array = randomBytes): Ids {
  let last = 0;
  let head = '';
  let spelled: string | null = null;
  /** Of the last id. As one flat text an id is made, written and compared for half of what one of pieces takes. */
  const codes: number[] = [];
  /** The digits behind the time, which is written anew where a millisecond begins. */
  const tail = new Uint8Array(TAIL);
  let pool: Uint8Array = new Uint8Array();
  let used = 0;
  const drawTail = (): void => {
    if (used + TAIL > pool.length) {
      pool = random(POOL_BYTES);
      used = 0;
    }
    used += TAIL;
    for (const [at, byte] of pool.subarray(used - TAIL, used).entries()) tail[at] = byte & 31;
  };
  return {
    next(prefix) {
      const time = now();
      if (time > last) {
        last = time;
        head = encodeTime(time);
        spelled = null;
        drawTail();
      } else increase(tail);
      const from = prefix.length + head.length;
      if (prefix !== spelled) {
        spell(codes, spell(codes, 0, prefix), head);
        codes.length = from + TAIL;
        spelled = prefix;
      }
      for (let at = 0; at < TAIL; at += 1) codes[from + at] = ALPHABET.charCodeAt(tail[at] ?? 0);
      return String.fromCharCode.apply(null, codes);
    },
  };
}

/** Answers where the next goes. */
function spell(codes: number[], from: number, ascii: string): number {
  for (let at = 0; at < ascii.length; at += 1) codes[from + at] = ascii.charCodeAt(at);
  return from + ascii.length;
}

/** The id that a seed has at a moment: the same whoever asks for it. */
export function idFrom(prefix: string, time: number, seed: string): string {
  const bytes = createHash('sha256').update(seed).digest().subarray(0, TAIL);
  return prefix + encodeTime(time) + Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('');
}

/** When an id was made; null for what is none. */
export function timeOfId(prefix: string, id: string): number | null {
  const text = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  if (!/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text)) return null;
  return [...text.slice(0, 10)].reduce((time, digit) => time * 32 + ALPHABET.indexOf(digit), 0);
}

function encodeTime(time: number): string {
  let text = '';
  for (let rest = time, at = 0; at < 10; at += 1, rest = Math.floor(rest / 32)) text = ALPHABET[rest % 32] + text;
  return text;
}

/** To the next number of as many digits to the base of 32; behind the highest comes 0. */
function increase(digits: Uint8Array): void {
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === 31) {
    digits[at] = 0;
    at -= 1;
  }
  if (at >= 0) digits[at] = (digits[at] ?? 0) + 1;
}
