import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { gathered } from '../src/process/setup/lines.ts';
import { required } from './required.ts';

const said = fc.constantFrom('info', 'warn', 'error', 'fatal', 'debug', 'a draft', 'a while has gone');
/** Of one byte and more for a character, shorter and longer than others may be together. */
const step = fc.tuple(said, fc.oneof(fc.constant(''), fc.string({ unit: 'binary', maxLength: 300, size: 'max' })));
const PAGE_BYTES = 500;

/** Lines that are kept until they are asked for, each with more room than it takes. */
function draftOf() {
  const kept: string[] = [];
  return {
    keep: (line: string) => void kept.push(line),
    most: () => required(kept[0]).length + 7,
    write: (into: Buffer, at: number) => at + into.write(required(kept.shift()), at, 'latin1'),
  };
}

test('lines that come within a while are written together, in order and as whole lines; what is wrong is written at once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const written: string[] = [];
      const draft = draftOf();
      const atEnd: (() => void)[] = [];
      const pass = () => {
        for (const work of atEnd.splice(0)) work();
      };
      const write = (lines: Uint8Array) => void written.push(Buffer.from(lines).toString());
      const lines = gathered({ write }, PAGE_BYTES, (work) => void atEnd.push(work));
      const log = pino({ level: 'info' }, lines);
      const read = () =>
        written
          .join('')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
          .map(({ at, text }) => ({ at, text }));
      const said: { at: number; text: string }[] = [];
      for (const [at, [one, any]] of steps.entries()) {
        const text = any.toWellFormed();
        if (one === 'a while has gone') pass();
        else if (one === 'a draft') {
          draft.keep(`{"at":${at},"text":"${'x'.repeat(any.length)}"}\n`);
          lines.draft(draft);
          said.push({ at, text: 'x'.repeat(any.length) });
          continue;
        } else {
          log[one as 'info']({ at, text });
          if (one !== 'debug') said.push({ at, text });
          if (one === 'info' || one === 'debug') continue;
        }
        expect(read()).toEqual(said);
      }
      lines.flush();
      expect(read()).toEqual(said);
      for (const piece of written) {
        expect(piece.at(-1)).toBe('\n');
        if (piece.split('\n').length > 2) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(PAGE_BYTES);
      }
    }),
  );
});

test('so many lines as fill a page are waited for by nobody', () => {
  const written: string[] = [];
  const log = pino(
    {},
    gathered({ write: (lines) => void written.push(Buffer.from(lines).toString()) }, 16_384, () => {}),
  );
  for (let at = 0; at < 1_000; at += 1) log.info({ at, text: 'x'.repeat(100) });
  const lines = written.join('').split('\n').filter(Boolean);
  expect(lines.length).toBeGreaterThan(800);
  expect(written.length).toBeLessThan(20);
});
