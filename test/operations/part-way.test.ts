import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../e2e/process.ts';
import { openEngine, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { filled } from './filled.ts';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-part-'));
/** A store with a page that cannot be read, behind others that can. */
const torn = join(folder, 'torn', 'switchyard.db');
const saved = join(folder, 'saved');

beforeAll(async () => {
  const opened = await openEngine('sqlite');
  const harness = await startHarness('sqlite', { opened });
  await filled(harness);
  await harness.runner.stop();
  mkdirSync(join(folder, 'torn'));
  const db = new DatabaseSync(opened.place);
  db.prepare('VACUUM INTO ?').run(torn);
  db.close();
  const home = opened.place.replace(/\/[^/]+$/, '');
  expect(await runCommand(['backup', saved], { DATA_DIR: home })).toMatchObject({ code: 0 });
  await harness.close();
  tear(torn, 'roles');
});
afterAll(() => rmSync(folder, { recursive: true }));

function tear(file: string, table: string): void {
  const db = new DatabaseSync(file);
  const page = Number(required(db.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').get(table)).rootpage);
  const size = Number(required(db.prepare('PRAGMA page_size').get()).page_size);
  db.close();
  writeFileSync(file, readFileSync(file).fill(7, (page - 1) * size, page * size));
}

test('who breaks off in the middle does not say that nothing was done', async () => {
  const target = join(folder, 'target.db');
  const copied = await runCommand(['copy', '--from', `sqlite:${torn}`, '--to', `sqlite:${target}`], {});
  const restored = await runCommand(['restore', saved], { DATA_DIR: join(folder, 'torn') });
  for (const [command, { code, stdout, stderr }] of Object.entries({ copy: copied, restore: restored })) {
    expect([command, code, stdout]).toEqual([command, 1, '']);
    const line = `switchyard: ${command}: the database cannot answer: database disk image is malformed; a part may be stored already, run it again`;
    expect(stderr.split('\n').filter((one) => one.startsWith('switchyard: '))).toEqual([line]);
  }
  const db = new DatabaseSync(target);
  expect(db.prepare('SELECT count(*) AS n FROM workspaces').get()).toMatchObject({ n: 2 });
  db.close();
});
