/** Text as bytes, one for each character; what others have, too, is made once. */
export function asBytes(ascii: string): Uint8Array {
  return Buffer.from(ascii, 'latin1');
}

export const NOTHING = asBytes('');

const BEYOND_ASCII = /[^\0-\x7f]/g;

export function inAscii(json: string): string {
  return json.replace(BEYOND_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** These three answer where the next goes. */
export function putBytes(into: Buffer, at: number, bytes: Uint8Array): number {
  into.set(bytes, at);
  return at + bytes.length;
}

/** Of a short text: to call what does it for any text costs more than all of its characters. */
export function putText(into: Buffer, at: number, ascii: string): number {
  for (let done = 0; done < ascii.length; done += 1) into[at + done] = ascii.charCodeAt(done);
  return at + ascii.length;
}

const ZERO = 0x30;
const POINT = 0x2e;
/** No time that anything takes has more digits, with its point. */
export const MILLIS_MAX = 24;

/** Milliseconds to the microsecond, by its digits: to find the shortest text of a number takes longer than the rest of a line's. */
export function putMillis(into: Buffer, at: number, ms: number): number {
  const us = Math.round(ms * 1_000);
  const whole = Math.floor(us / 1_000);
  const point = whole < 10 ? putDigits(into, at, whole, 1) : putText(into, at, String(whole));
  into[point] = POINT;
  return putDigits(into, point + 1, us - whole * 1_000, 3);
}

function putDigits(into: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const next = (rest / 10) | 0;
    into[place] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + digits;
}
