import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../harness.ts';
import { olderData } from '../older.ts';
import { startServer } from './process.ts';

const root = resolve(import.meta.dirname, '../..');
const NOT_COPIED = new Set(['node_modules', '.git', 'data']);

/** What CONTRIBUTING.md says, done to a copy: a field in a line, a noun as a folder and a line. */
let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'switchyard-contributing-'));
  for (const name of readdirSync(root).filter((entry) => !NOT_COPIED.has(entry)))
    cpSync(join(root, name), join(copy, name), {
      recursive: true,
      filter: (path) => !/node_modules|\.venv/.test(path),
    });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function edit(file: string, change: (text: string) => string): void {
  const path = join(copy, file);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  expect(after, `${file} is as CONTRIBUTING.md tells it`).not.toBe(before);
  writeFileSync(path, after);
}

function addField(): void {
  const line = "costCenter: field.optionalText('The cost center that pays for it.'),";
  edit('src/nouns/apps/model.ts', (text) => text.replace(/^ {2}description: .*\n/m, (found) => `${found}  ${line}\n`));
}

/** Apps under another name: what a noun of a workspace needs, and nothing else. */
function addNoun(): void {
  const renamed = (text: string) => text.replace(/App/g, 'Budget').replace(/app/g, 'budget');
  cpSync(join(copy, 'src/nouns/apps'), join(copy, 'src/nouns/budgets'), { recursive: true });
  for (const file of readdirSync(join(copy, 'src/nouns/budgets')))
    edit(join('src/nouns/budgets', file), (text) => renamed(text.replaceAll('application', 'amount')));
  edit('src/catalog/nouns.ts', (text) =>
    text
      .replace(/^import \{ appRows \} .*\n/m, (found) => found + renamed(found))
      .replace(/^ {2}\.\.\.appRows,\n/m, (found) => found + renamed(found)),
  );
  edit('src/resource/permissions.ts', (text) => text.replace("  'apps',\n", "  'apps',\n  'budgets',\n"));
}

const run = (args: string[]) => {
  const bin = join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) };
  return promisify(execFile)(process.execPath, args, { cwd: copy, env });
};

test('a field is one line and a noun is a folder and a line, on data of the last release too', async () => {
  addField();
  addNoun();
  await run(['node_modules/@biomejs/biome/bin/biome', 'check', '--write', 'src']);
  await run(['codegen.ts']);
  await run(['test/check.ts']);
  const older = await olderData('sqlite');
  const server = await startServer(older.env, ['serve', '--no-demo'], { bin: join(copy, 'bin/switchyard.js') });
  const { rest, graphql } = createClient(server.url, older.made.token);
  const workspace = `/v1/orgs/${older.made.orgId}/workspaces/${older.made.workspaceId}`;
  const app = `${workspace}/apps/${older.made.appId}`;

  // A document that was stored before there was the field.
  expect((await rest('GET', app)).body.cost_center).toBe(null);
  expect((await rest('PATCH', app, { cost_center: 5 })).body.detail).toMatchObject([
    { type: 'string_type', loc: ['body', 'cost_center'] },
  ]);
  expect((await rest('PATCH', app, { cost_center: 'CC-1' })).body.cost_center).toBe('CC-1');
  const asked = await graphql(`{ app(appId: "${older.made.appId}") { costCenter } }`);
  expect(asked.body.data.app.costCenter).toBe('CC-1');

  const made = await rest('POST', `${workspace}/budgets`, { name: 'Spring', cost_center: 'CC-2' });
  expect([made.status, made.body.cost_center]).toEqual([201, 'CC-2']);
  const budgets = `{ workspace(workspaceId: "${older.made.workspaceId}") { budgets { totalCount edges { node { name } } } } }`;
  expect((await graphql(budgets)).body.data.workspace.budgets).toEqual({
    totalCount: 1,
    edges: [{ node: { name: 'Spring' } }],
  });
  expect((await rest('POST', `${workspace}/budgets`, { name: 'SPRING' })).status).toBe(409);

  // It goes with its workspace, is counted among what went, and its event tells of it.
  expect((await rest('DELETE', workspace)).status).toBe(200);
  expect((await rest('GET', `${workspace}/budgets/${made.body.budget_id}`)).status).toBe(404);
  const { body } = await rest('GET', `/v1/orgs/${older.made.orgId}/audit-events?action=workspace.delete`);
  expect(body.events[0].counts.budgets).toBe(1);

  server.child.kill('SIGTERM');
  await server.exit;
  await older.remove();
});
