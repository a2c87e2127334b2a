import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { required } from './required.ts';

const rows = readFileSync('test/eyes.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise') && !line.startsWith('| ---'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\||\|$/g, '').trim()));

test('what is said to show a promise for the eyes and for other programs is there', () => {
  expect(rows.length).toBeGreaterThan(30);
  const missing = rows.filter(([, file, title]) => {
    const path = required(file).replaceAll('`', '');
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(`'${title}'`);
  });
  expect(missing).toEqual([]);
});
