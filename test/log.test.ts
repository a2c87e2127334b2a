import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { gathered } from '../src/process/setup/lines.ts';

const step = fc.oneof(
  fc.constantFrom('info', 'warn', 'error', 'fatal', 'debug'),
  fc.constantFrom('a draft', 'a while has gone'),
);

test('lines that come within a while are written together, in order and as whole lines; what is wrong is written at once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const written: string[] = [];
      const atEnd: (() => void)[] = [];
      const pass = () => {
        for (const work of atEnd.splice(0)) work();
      };
      const lines = gathered({ write: (text) => void written.push(text) }, 16_384, (work) => void atEnd.push(work));
      const log = pino({ level: 'info' }, lines);
      const read = () =>
        written
          .join('')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line).at);
      const said: number[] = [];
      let flushes = 0;
      for (const [at, one] of steps.entries()) {
        if (one === 'a while has gone') {
          pass();
          flushes += 1;
        } else if (one === 'a draft') {
          lines.draft({ text: () => `{"at":${at}}\n` });
          said.push(at);
          continue;
        } else {
          log[one as 'info']({ at });
          if (one !== 'debug') said.push(at);
          if (one === 'info' || one === 'debug') continue;
          flushes += 1;
        }
        expect(read()).toEqual(said);
      }
      expect(written.length).toBeLessThanOrEqual(flushes);
      lines.flush();
      expect(read()).toEqual(said);
    }),
  );
});

test('so many lines as fill a page are waited for by nobody', () => {
  const written: string[] = [];
  const log = pino(
    {},
    gathered({ write: (text) => void written.push(text) }, 16_384, () => {}),
  );
  for (let at = 0; at < 1_000; at += 1) log.info({ at, text: 'x'.repeat(100) });
  const lines = written.join('').split('\n').filter(Boolean);
  expect(lines.length).toBeGreaterThan(800);
  expect(written.length).toBeLessThan(20);
});
