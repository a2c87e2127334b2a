import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, startHarness, type Tenant } from '../harness.ts';

const FIXTURE = resolve(import.meta.dirname, '../fixtures/typed-client');
const EXAMPLE = resolve('examples/openapi-fetch.ts');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2024', module: 'nodenext', types: ['node'], noEmit: true, skipLibCheck: true },
    ...{
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      allowImportingTsExtensions: true,
    },
  },
  include: ['*.ts'],
};

describe('a client whose types are made from the served document (openapi-typescript, openapi-fetch)', () => {
  let harness: Harness;
  let tenant: Tenant;
  let folder: string;
  beforeAll(async () => {
    harness = await startHarness();
    tenant = await harness.org();
    const { text: document } = await tenant.rest('GET', '/v1/openapi.json');
    folder = mkdtempSync(join(tmpdir(), 'switchyard-typed-'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    copyFileSync(join(FIXTURE, 'program.ts'), join(folder, 'program.ts'));
    copyFileSync(EXAMPLE, join(folder, 'example.ts'));
    const types = execFileSync(process.execPath, [join(FIXTURE, 'generate.ts')], {
      input: document,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
    for (const name of ['api.ts', 'openapi.ts']) writeFileSync(join(folder, name), types);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  });
  afterAll(async () => {
    await harness.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (args: string[]) => {
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = new Promise<number | null>((end) => child.once('exit', end));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await exit, out, err };
  };

  test('lets a program and the example through that use it rightly, and none of seven mistakes', async () => {
    expect(await run([TSC, '-p', '.'])).toEqual({ code: 0, out: '', err: '' });
  });

  test('creates, lists, patches under If-Match, and reads a 412 and a 422', async () => {
    await tenant.rest('POST', `${tenant.base}/workspaces`, { organization_id: tenant.orgId, name: 'Older' });
    const { code, out, err } = await run(['program.ts', harness.url, tenant.token, tenant.orgId]);
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual({
      names: ['Typed'],
      more: true,
      description: 'first',
      stale: 'PRECONDITION_FAILED',
      types: [['string_too_short', 'body', 'name']],
    });
  });
});
