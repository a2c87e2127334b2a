/** Names are seen and compared by people: what nobody sees at their ends is cut off, what nobody sees inside is refused. */

const WHITE = /\p{White_Space}/u;

/** Without Unicode's White_Space at the ends; a loop, since a pattern would look at long runs again and again. */
export function trimWhite(text: string): string {
  let [from, until] = [0, text.length];
  while (from < until && WHITE.test(text.charAt(from))) from += 1;
  while (until > from && WHITE.test(text.charAt(until - 1))) until -= 1;
  return text.slice(from, until);
}

/**
 * Control characters, and all that Unicode shows as nothing: zero-width characters, bidi controls, soft hyphens, Hangul
 * fillers, tags, what is reserved for such; and interlinear annotation. A variation selector behind a character chooses
 * how that looks (❤️), and a joiner between two others is part of words and emoji; Arabic number signs are seen.
 */
const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;
const SELECTOR = /\p{Variation_Selector}/u;
const JOINER = /[\u200c\u200d]/;

export const NAME_WANTED = 'names must not contain control characters, invisible characters or bidi controls';

/** Whether a name is stored as it is sent. */
export function isPlainName(text: string): boolean {
  return text !== '' && trimWhite(text) === text && isName(text);
}

export function isName(text: string): boolean {
  const characters = [...text];
  return characters.every((character, at) => {
    if (!UNSEEN.test(character)) return true;
    const [before, after] = [characters[at - 1], characters[at + 1]];
    if (before === undefined) return false;
    if (SELECTOR.test(character)) return !UNSEEN.test(before);
    return JOINER.test(character) && after !== undefined && !JOINER.test(before) && !JOINER.test(after);
  });
}
