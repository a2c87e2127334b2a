/** Characters of text that are kept; twice as many before what nobody has asked for again is forgotten. */
const KEPT_MAX = 12_582_912;
/** What is longer is written anew each time. */
const TEXT_MAX = 524_288;
/** How deep is looked for what is kept: behind `data`, two fields, a connection and its edges. */
const DEPTH_MAX = 8;

/** A text, and how long it is in UTF-8. */
export interface Text {
  readonly text: string;
  readonly bytes: number;
}

let young = new WeakMap<object, Text>();
let old = new WeakMap<object, Text>();
let size = 0;

/**
 * What `JSON.stringify` says of a value. The text of what is frozen, wherever it stands, is kept: whoever freezes
 * something here freezes all of it.
 */
export function jsonText(value: unknown): string {
  const kept = keptText(value);
  if (kept !== undefined) return kept.text;
  return holdsFrozen(value, DEPTH_MAX) ? byHand(value as object) : JSON.stringify(value);
}

/** The text of what is frozen, from memory where it is there; undefined for all else. */
export function keptText(value: unknown): Text | undefined {
  if (typeof value !== 'object' || value === null || !isFixed(value)) return undefined;
  const known = knownText(value);
  // What is known was frozen once and still is: to ask costs a look at each of its properties.
  if (known !== undefined || !Object.isFrozen(value)) return known;
  const text = JSON.stringify(value);
  const made = { text, bytes: Buffer.byteLength(text) };
  keep(value, made);
  return made;
}

/** How long the kept text of a value is; undefined where there is none. */
export function keptLength(value: object): number | undefined {
  return isFixed(value) ? knownText(value)?.text.length : undefined;
}

/** What may be frozen, by one look: most is not, and need not be looked for. */
function isFixed(value: object): boolean {
  return !Object.isExtensible(value);
}

/** The text of a frozen value, where it is kept already. */
export function knownText(value: object): Text | undefined {
  const known = young.get(value);
  if (known !== undefined) return known;
  const older = old.get(value);
  if (older !== undefined) keep(value, older);
  return older;
}

/** Whoever has written a frozen value may leave its text here. */
export function keep(value: object, made: Text): void {
  const { length } = made.text;
  if (length > TEXT_MAX) return;
  if (size + length > KEPT_MAX) {
    old = young;
    young = new WeakMap();
    size = 0;
  }
  young.set(value, made);
  size += length;
}

/** Whether there is something frozen in a plain value, as its lists' first items show: to find none is quick. */
function holdsFrozen(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth === 0) return false;
  // A list of nothing, as many objects share one, is no text worth keeping, nor worth writing all beside it by hand.
  if (Array.isArray(value) && value.length === 0) return false;
  if (isFixed(value)) return young.has(value) || Object.isFrozen(value);
  if (Array.isArray(value)) return holdsFrozen(value[0], depth - 1);
  if (!isPlain(value)) return false;
  for (const key in value) if (holdsFrozen((value as Record<string, unknown>)[key], depth - 1)) return true;
  return false;
}

/** What says itself what it is as JSON, or is a value in a box, is no plain object. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value);
}

/** An object or a list that holds something frozen, or stands beside one that does. */
function byHand(value: object): string {
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === '' ? '' : ','}${textIn(item, true) ?? 'null'}`;
    return `[${text}]`;
  }
  for (const [key, item] of Object.entries(value)) {
    const own = textIn(item, false);
    if (own !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${own}`;
  }
  return `{${text}}`;
}

/** Undefined for what is no JSON. Items of a list are as its first one is: they are not looked through again. */
function textIn(value: unknown, isItem: boolean): string | undefined {
  const kept = keptText(value);
  if (kept !== undefined) return kept.text;
  const isLikeOthers = isItem && typeof value === 'object' && value !== null && isPlain(value);
  return isLikeOthers || holdsFrozen(value, DEPTH_MAX) ? byHand(value as object) : JSON.stringify(value);
}
