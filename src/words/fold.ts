import { FOLDED, RANGES } from './case-folding.generated.ts';

/**
 * Names that must be unique are equal up to letter case and Unicode normal form; searches ignore the same. Unicode's
 * full case folding (C + F) of canonically decomposed text: no letter's fold depends on its neighbours, as lower case
 * does of a final sigma. Other languages' `i` (T) is left out: a name is equal to another whoever asks.
 */
export function fold(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text.normalize('NFD')) folded += foldings.get(character) ?? character;
  return folded.normalize('NFC');
}

const BEYOND_ASCII = /[^\p{ASCII}]/u;
const foldings = new Map<string, string>(Object.entries(FOLDED));
for (const [from, to, step, distance] of RANGES)
  for (let code = from; code <= to; code += step)
    foldings.set(String.fromCodePoint(code), String.fromCodePoint(code + distance));
