import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inPieces, isLarge } from '../src/http/pieces.ts';
import { jsonText } from '../src/words/json-text.ts';
import { required } from './required.ts';

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

const json = fc.jsonValue();
const absent = fc.constantFrom(undefined, () => 1, Symbol('x'));
const object = fc.dictionary(fc.string(), fc.oneof({ weight: 5, arbitrary: json }, { weight: 1, arbitrary: absent }));
const item = fc.oneof(object.map(frozen), json.map(frozen), json, absent);
const page = fc.dictionary(fc.string(), fc.oneof(fc.array(item, { maxLength: 5 }), json, absent));
/** As an answer of the graph holds its pages: below other things, and below each other. */
const nested = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(item, page),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.string(), fc.oneof(tie('tree'), absent), { maxKeys: 3 }),
  ),
})).tree;

test('is what JSON.stringify says, however often it is asked for and whatever of it is frozen', () => {
  fc.assert(
    fc.property(fc.oneof(nested, page, object.map(frozen), json, fc.date({ noInvalidDate: true })), (value) => {
      const text = JSON.stringify(value);
      for (let times = 0; times < 3; times += 1) {
        expect(jsonText(value)).toBe(text);
        isLarge(value);
      }
    }),
    { numRuns: 500 },
  );
});

test('what is too much to keep is forgotten, not mistaken', () => {
  const items = Array.from({ length: 400 }, (_, at) => frozen({ at, text: String(at).repeat(20_000) }));
  for (const list of [items, items.toReversed(), items.slice(100, 200)])
    for (const one of list) expect(jsonText(one)).toBe(JSON.stringify(one));
});

test('a long list that is frozen is written in pieces once; then its text is at hand, within whatever answer it stands', () => {
  const ids = frozen(Array.from({ length: 20_000 }, (_, at) => `source-${at} "é${at}`));
  const written = (value: object) => {
    const pieces = inPieces(value);
    for (let turns = 0; ; turns += 1) {
      const { done, value: bytes } = pieces.next();
      if (done) return { turns, text: Buffer.concat(required(bytes)).toString() };
    }
  };
  const [first, second] = [
    { a: 1, ids, b: [1] },
    { ids, c: 'another' },
  ];
  const anew = written(first);
  const again = written(second);
  expect([anew.text, again.text]).toEqual([JSON.stringify(first), JSON.stringify(second)]);
  expect(anew.turns).toBeGreaterThan(5);
  expect(again.turns).toBeLessThanOrEqual(2);
  const changed = { ids: frozen([...ids, 'one more']) };
  expect(written(changed).text).toBe(JSON.stringify(changed));
});
