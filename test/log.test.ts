import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { linesInTurns } from '../src/process/log.ts';

const step = fc.oneof(fc.constantFrom('info', 'warn', 'error', 'fatal', 'debug'), fc.constant('turn ends'));

test('lines of a turn are written together, in order and as whole lines; what is wrong is written at once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const written: string[] = [];
      let atEnd: (() => void)[] = [];
      const endTurn = () => {
        for (const work of atEnd.splice(0)) work();
      };
      const lines = linesInTurns({ write: (text) => void written.push(text) }, (work) => void atEnd.push(work));
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
        if (one === 'turn ends') {
          endTurn();
          flushes += 1;
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
      atEnd = [];
    }),
  );
});
