import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openOutlet } from '../src/process/setup/outlet.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
const KEPT_BYTES = 60_000;
const FILLING = 'x'.repeat(1_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-outlet-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openPipe() {
  const reading = openSync(join(folder, 'pipe'), O_RDONLY | O_NONBLOCK);
  const writing = openSync(join(folder, 'pipe'), O_WRONLY | O_NONBLOCK);
  let text = '';
  return {
    writing,
    text: () => text,
    /** Answers whether there was something to read. */
    read(bytes: number): boolean {
      const chunk = Buffer.alloc(bytes);
      try {
        const read = readSync(reading, chunk);
        text += chunk.toString('latin1', 0, read);
        return read > 0;
      } catch {
        return false;
      }
    },
    close() {
      closeSync(writing);
      closeSync(reading);
    },
  };
}

/** Lines that are said together, or bytes that are read. */
const step = fc.oneof(
  fc.record({ said: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ read: fc.constantFrom(1, 5_000, 30_000, 65_536) }),
);

test('whoever reads a log, and however slowly, gets whole lines in their order, and how many are missing; nobody waits for him', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pipe = openPipe();
      // One piece of memory for all that is written, as the log has it.
      const page = Buffer.alloc(65_536);
      const outlet = openOutlet(pipe.writing, KEPT_BYTES);
      let said = 0;
      for (const one of steps)
        if ('read' in one) pipe.read(one.read);
        else {
          const lines = Array.from({ length: one.said }, (_, at) => `{"at":${said + at},"text":"${FILLING}"}\n`);
          said += one.said;
          outlet.write(page.subarray(0, page.write(lines.join(''))));
        }
      do outlet.write(new Uint8Array());
      while (pipe.read(65_536));
      pipe.close();
      const lines = pipe.text().split('\n').filter(Boolean);
      const told: { at?: number; lines?: number }[] = lines.map((line) => JSON.parse(line));
      const read = told.flatMap(({ at }) => (at === undefined ? [] : [at]));
      const missing = told.reduce((sum, { lines: some = 0 }) => sum + some, 0);
      expect(read).toEqual(read.toSorted((a, b) => a - b));
      expect(read.length + missing).toBe(said);
      // What a pipe takes, and what is kept beside it, is not left out.
      if (said * 1_100 < KEPT_BYTES) expect(missing).toBe(0);
    }),
    // Nobody reads until far too much was said, then somebody does, and more is said.
    { numRuns: 50, examples: [[[...Array(10).fill({ said: 30 }), { read: 65_536 }, { said: 1 }]]] },
  );
});
