import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import pkg from '../../package.json' with { type: 'json' };
import { createClient } from '../harness.ts';
import { required } from '../required.ts';
import { runCommand, startServer } from './process.ts';

/** The user of an image is not the one who made it; only root can play both. */
const other = { uid: 1234, gid: 1234 };
const isRoot = process.getuid?.() === 0 && canRunAsOther();
const place = isRoot ? other : {};

function canRunAsOther(): boolean {
  try {
    execFileSync(process.execPath, ['--version'], { ...other, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const OFFLINE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT/;

/** As the Dockerfile does it. Without a registry, and without what npm has kept of it, its packages are copied from here. */
function installPackages(stage: string, app: string): void {
  mkdirSync(stage);
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) cpSync(file, join(stage, file));
  const words = ['ci', '--omit=dev', '--prefer-offline'];
  const { status, stderr } = spawnSync('npm', words, { cwd: stage, encoding: 'utf8' });
  if (status === 0) return renameSync(join(stage, 'node_modules'), join(app, 'node_modules'));
  if (!OFFLINE.test(stderr)) throw new Error(`npm ci --omit=dev ended with ${status}: ${stderr}`);
  process.stdout.write('npm finds no registry: the production packages are copied, not installed.\n');
  for (const path of productionPackages())
    cpSync(path, join(app, path), { recursive: true, filter: (from) => !from.includes('node_modules/.bin') });
}

/** What `npm ci --omit=dev` installs. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean; optional?: boolean }>;
  };
  return Object.keys(packages).filter((path) => {
    const { dev, devOptional, optional } = required(packages[path]);
    return path !== '' && !dev && !devOptional && !optional;
  });
}

const dockerfile = readFileSync('Dockerfile', 'utf8');
/** What stands behind a word of the Dockerfile as a list, which is run without a shell. */
const listBehind = (word: string): string[] =>
  JSON.parse(required(required(new RegExp(`^${word}.*?(\\[.*\\])$`, 'm').exec(dockerfile))[1]));
/** What the image is given of this folder. */
const COPIED = new Set([...dockerfile.matchAll(/^COPY (?!--)(\S+) /gm)].map(([, path]) => required(path)));

describe('as the image holds it: sources, what npm ci --omit=dev installs, read-only, another user', () => {
  let root: string;
  let box: string;
  let bin: string;
  let env: Record<string, string>;
  const own = (path: string) => {
    mkdirSync(path);
    if (isRoot) chownSync(path, other.uid, other.gid);
    return path;
  };
  const at = (name: string) => join(box, name);

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'switchyard-installed-'));
    chmodSync(root, 0o755);
    const app = join(root, 'app');
    for (const path of COPIED) {
      mkdirSync(dirname(join(app, path)), { recursive: true });
      cpSync(path, join(app, path), { recursive: true });
    }
    installPackages(join(root, 'packages'), app);
    // As an image that is run with a read-only root.
    execFileSync('chmod', ['-R', 'a-w', app]);
    bin = join(app, 'bin', 'switchyard.js');
    own(join(root, 'tmp'));
  });
  afterAll(() => {
    execFileSync('chmod', ['-R', 'u+w', root]);
    rmSync(root, { recursive: true, force: true });
  });

  /** A home, a working directory and data, all of the program's own user. */
  beforeEach(() => {
    box = mkdtempSync(join(root, 'box-'));
    chmodSync(box, 0o755);
    for (const name of ['home', 'cwd', 'data']) own(at(name));
    env = {
      HOME: at('home'),
      TMPDIR: join(root, 'tmp'),
      NODE_COMPILE_CACHE: '',
      DATA_DIR: at('data'),
      MONGODB_URI: '',
    };
  });
  const run = (words: string[], more: Record<string, string> = {}) =>
    runCommand(words, { ...env, PORT: '0', ...more }, { bin, cwd: at('cwd'), ...place });

  test('nothing is installed that is for development', () => {
    const packages = join(root, 'app', 'node_modules');
    const folders = readdirSync(packages).filter((name) => !name.startsWith('.'));
    const needed = productionPackages().map((path) => required(path.split('/')[1]));
    expect(folders.sort()).toEqual([...new Set(needed)].sort());
  });

  test('its commands run from anywhere, and it serves; nothing is written but data and temporary files', async () => {
    const app = () => readdirSync(join(root, 'app'), { recursive: true }).length;
    const before = app();
    expect((await run(['--version'])).stdout).toBe(`${pkg.version}\n`);
    expect((await run(['--help'])).code).toBe(0);
    const { org_id, token } = JSON.parse((await run(['org', 'create', 'Acme'])).stdout);
    const server = await startServer(env, ['serve'], { bin, cwd: at('cwd'), ...place });
    const client = createClient(server.url, token);
    expect((await client.rest('GET', '/docs/guides/production')).status).toBe(200);
    const made = await client.rest('POST', `/v1/orgs/${org_id}/workspaces`, { organization_id: org_id, name: 'W' });
    expect(made.status).toBe(201);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect([readdirSync(at('home')), readdirSync(at('cwd')), app()]).toEqual([[], [], before]);
    expect(readdirSync(join(root, 'tmp')).filter((name) => !name.startsWith('switchyard-compiled'))).toEqual([]);
    expect(readdirSync(at('data')).sort()).toEqual(['buckets', 'switchyard.db']);
  });

  test('it starts as the image says, is as healthy as the image asks, and ends by the signal that it is sent', async () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    for (const path of COPIED) expect(ignored).toContain(`!${path}`);
    const [program, script, ...words] = listBehind('CMD');
    expect([program, script]).toEqual(['node', 'bin/switchyard.js']);
    const server = await startServer({ ...env, NODE_ENV: 'production' }, words, { bin, cwd: at('cwd'), ...place });
    const [node, ...asking] = listBehind('HEALTHCHECK');
    expect(node).toBe('node');
    const ask = (port: string) => spawnSync(process.execPath, asking, { env: { PORT: port }, ...place }).status;
    expect(ask(new URL(server.url).port)).toBe(0);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(ask(new URL(server.url).port)).toBe(1);
  });

  test('without DATA_DIR the data are below the working directory', async () => {
    expect((await run(['org', 'create', 'Acme'], { DATA_DIR: '' })).code).toBe(0);
    expect(readdirSync(at('cwd'), { recursive: true }).sort()).toEqual(['data', 'data/switchyard.db']);
  });

  test('it needs no place for temporary files', async () => {
    expect((await run(['org', 'create', 'Acme'], { TMPDIR: join(box, 'absent') })).code).toBe(0);
  });

  describe.skipIf(!isRoot)('what another user owns is one line, for commands and for the server', () => {
    const file = (path: string) => writeFileSync(path, '');
    const folder = (path: string) => {
      rmSync(path, { recursive: true, force: true });
      mkdirSync(path);
    };
    const refuses = async (words: string[], name: string) => {
      const { code, stdout, stderr } = await run(words);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(new RegExp(`^switchyard: DATA_DIR: cannot write to ${at(name)}: [^\\n]+\\n$`));
    };
    test.each([
      ['data', folder],
      ['data/buckets', folder],
      ['data/switchyard.db', file],
      ['data/switchyard.db-wal', file],
      ['data/switchyard.db-shm', file],
    ])('%s', async (name, make) => {
      make(at(name));
      await Promise.all([refuses(['serve'], name), refuses(['org', 'create', 'Acme'], name)]);
    });

    test('a folder below one of another user', async () => {
      const { code, stderr } = await run(['serve'], { DATA_DIR: join(root, 'app', 'data') });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^switchyard: DATA_DIR: cannot make [^\n]+\n$/);
    });
  });
});
