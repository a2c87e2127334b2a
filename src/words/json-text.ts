/** Characters of text that are kept; twice as many before what nobody has asked for again is forgotten. */
const KEPT_MAX = 4_194_304;
/** What is longer is written anew each time. */
const TEXT_MAX = 65_536;

let young = new WeakMap<object, string>();
let old = new WeakMap<object, string>();
let size = 0;

/**
 * What `JSON.stringify` says of a value. The text of what is frozen, in itself or as an item of a list, is kept:
 * whoever freezes something here freezes all of it.
 */
export function jsonText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Object.isFrozen(value)) return frozenText(value);
  return holdsFrozen(value) ? textOfPage(value as Record<string, unknown>) : JSON.stringify(value);
}

/** How long the kept text of a value is; undefined where there is none. */
export function keptLength(value: object): number | undefined {
  return keptText(value)?.length;
}

function keptText(value: object): string | undefined {
  const known = young.get(value);
  if (known !== undefined) return known;
  const older = old.get(value);
  if (older !== undefined) keep(value, older);
  return older;
}

function keep(value: object, text: string): void {
  if (text.length > TEXT_MAX) return;
  if (size + text.length > KEPT_MAX) {
    old = young;
    young = new WeakMap();
    size = 0;
  }
  young.set(value, text);
  size += text.length;
}

function frozenText(value: object): string {
  const known = keptText(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  keep(value, text);
  return text;
}

function holdsFrozen(value: object): boolean {
  if (Array.isArray(value) || 'toJSON' in value) return false;
  return Object.values(value).some((list) => Array.isArray(list) && isFrozenObject(list[0]));
}

function isFrozenObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.isFrozen(value);
}

function textOfPage(page: Record<string, unknown>): string {
  let text = '';
  for (const [key, value] of Object.entries(page)) {
    const own: string | undefined = Array.isArray(value) ? `[${value.map(itemText).join()}]` : JSON.stringify(value);
    if (own !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${own}`;
  }
  return `{${text}}`;
}

function itemText(item: unknown): string {
  return isFrozenObject(item) ? frozenText(item) : (JSON.stringify(item) ?? 'null');
}
