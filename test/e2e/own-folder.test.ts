import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from './process.ts';

const NAME = `switchyard-compiled-${process.getuid?.()}`;
const OTHER_USER = 54_321;

let folder: string;
let place: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-own-folder-'));
  place = join(folder, NAME);
  mkdirSync(join(folder, 'elsewhere'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = () => runCommand(['--version'], { TMPDIR: folder, NODE_COMPILE_CACHE: '' });
/** What has been made in what was there before. */
const made = () =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name !== NAME && name !== 'elsewhere');

test('compiled code is kept for the next start where its user alone can write', async () => {
  expect((await run()).code).toBe(0);
  expect(readdirSync(place)).toHaveLength(1);
  expect(statSync(place).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).sort()).toEqual(['elsewhere', NAME]);
});

function takeFolder(mode: number): void {
  mkdirSync(place);
  chmodSync(place, mode);
}

/** What only the superuser can put there in another's name. */
const theirs: [what: string, take: () => void][] = [
  [
    'a folder of theirs',
    () => {
      takeFolder(0o755);
      chownSync(place, OTHER_USER, OTHER_USER);
    },
  ],
];

/** What another user may have put there before. */
const taken: [what: string, take: () => void][] = [
  ['a link', () => symlinkSync('elsewhere', place)],
  ['a link to nowhere', () => symlinkSync('nowhere', place)],
  ['a file', () => writeFileSync(place, '')],
  ['a folder that everybody may write to', () => takeFolder(0o777)],
  ['a folder that a group may write to', () => takeFolder(0o770)],
  ...(process.getuid?.() === 0 ? theirs : []),
];

test.each(taken)('%s in its place is neither read nor written, and the program runs', async (_, take) => {
  take();
  expect((await run()).code).toBe(0);
  expect(made()).toEqual([]);
});
