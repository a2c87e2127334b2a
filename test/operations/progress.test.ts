import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createProgress } from '../../src/process/operator/progress.ts';

/** What 1,000 documents look like of which 250 take a second each time. */
async function shown(terminal: object): Promise<string> {
  let now = 0;
  const out = Object.assign(new PassThrough(), terminal);
  const progress = createProgress('saving', 1_000, { out, now: () => now });
  for (const seconds of [1, 2, 3, 6]) {
    now = seconds * 1_000;
    progress.add(250);
  }
  progress.end();
  out.end();
  return text(out);
}

test('on a terminal a bar with the total, the share and the time left is drawn, and taken away at the end', async () => {
  const drawn = await shown({ isTTY: true, columns: 120, cursorTo: () => true });
  expect(stripVTControlCharacters(drawn)).toMatch(/saving █+░* 1000 of 1000 documents \(100 %\), 0 s left/);
  expect(drawn).toContain('\u001b');
});

test('nothing that a program which is stopped would leave behind is asked of the terminal', async () => {
  const coloured = { isTTY: true, cursorTo: () => true, getColorDepth: () => 8 };
  const { NO_COLOR } = process.env;
  delete process.env.NO_COLOR;
  for (const columns of [10, 40, 60, 200]) {
    const drawn = await shown({ ...coloured, columns });
    const modes = [...drawn.matchAll(/\[\?\d+[hl]/g)].map(([mode]) => mode);
    expect([columns, modes]).toEqual([columns, []]);
    expect(drawn.split('\u001b[32m').length).toBe(drawn.split('\u001b[39m').length);
  }
  if (NO_COLOR !== undefined) process.env.NO_COLOR = NO_COLOR;
});

test('colours are for those who want them', async () => {
  const { NO_COLOR } = process.env;
  const terminal = {
    isTTY: true,
    columns: 120,
    cursorTo: () => true,
    getColorDepth: WriteStream.prototype.getColorDepth,
  };
  const green = '\u001b[32m';
  try {
    delete process.env.NO_COLOR;
    expect(await shown({ ...terminal, getColorDepth: () => 8 })).toContain(green);
    process.env.NO_COLOR = '1';
    const plain = await shown(terminal);
    expect([plain.includes('saving'), plain.includes(green)]).toEqual([true, false]);
  } finally {
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = NO_COLOR;
  }
});

test('elsewhere it is a line every five seconds, without any control character', async () => {
  expect(await shown({})).toBe('saving 1000 of 1000 documents (100 %), 0 s left\n');
});

test('what takes longer than was thought, or has nothing to do, is never beyond 100 %', async () => {
  const out = new PassThrough();
  let now = 0;
  for (const total of [0, 10]) {
    const progress = createProgress('reading', total, { out, now: () => now, unit: 'bytes' });
    now += 5_000;
    progress.add(20);
    progress.end();
  }
  out.end();
  expect(await text(out)).toBe('reading 20 of 20 bytes (100 %), 0 s left\n'.repeat(2));
});
