import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openTarget } from '../../src/process/backup/target.ts';
import { type Running, runCommand, startServer } from '../e2e/process.ts';
import { createClient, describeEngines, freshMongoUri } from '../harness.ts';

describeEngines('backup and restore', (engine) => {
  let folder: string;
  let env: Record<string, string>;
  let server: Running;
  let org: { org_id: string; token: string };
  const place = (name: string): Record<string, string> => ({
    DATA_DIR: join(folder, name),
    MONGODB_URI: engine === 'mongodb' ? freshMongoUri() : '',
  });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-backup-'));
    env = place('data');
    server = await startServer(env);
    org = JSON.parse((await runCommand(['org', 'create', 'Acme'], env)).stdout);
  });
  afterAll(async () => {
    server?.child.kill('SIGTERM');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  test('what is saved under load comes back as a prefix of what was made, in order, in either engine', async () => {
    const file = join(folder, 'under-load');
    const admin = createClient(server.url, org.token);
    const base = `/v1/orgs/${org.org_id}/roles`;
    const made: string[] = [];
    let isDone = false;
    const load = (async () => {
      for (let n = 0; !isDone; n += 1) {
        const name = `role ${n}`;
        const { status } = await admin.rest('POST', base, { name, permissions: [] });
        if (status === 201) made.push(name);
      }
    })();
    while (made.length < 5) await new Promise(setImmediate);
    const before = made.length;
    const saved = await runCommand(['backup', file, '--json'], env);
    isDone = true;
    await load;
    expect([saved.code, saved.stderr]).toEqual([0, expect.stringMatching(/^switchyard: saved what was in [^\n]+\n$/)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const target of [place('restored'), { DATA_DIR: join(folder, 'as-sqlite'), MONGODB_URI: '' }]) {
      const back = await runCommand(['restore', file, '--json'], target);
      expect(back.code, back.stderr).toBe(0);
      expect(JSON.parse(back.stdout)).toMatchObject({
        documents: JSON.parse(saved.stdout).documents,
        organizations: 1,
      });
      expect((await runCommand(['check'], target)).code).toBe(0);
      const second = await startServer(target);
      try {
        const again = createClient(second.url, org.token);
        const names: string[] = [];
        for (let path: string | null = `${base}?limit=200`; path; ) {
          const { body } = await again.rest('GET', path);
          names.push(...body.roles.map(({ name }: { name: string }) => name));
          path = body.has_more ? `${base}?limit=200&cursor=${body.next_cursor}` : null;
        }
        const kept = names.filter((name) => name.startsWith('role ')).reverse();
        expect(kept.length).toBeGreaterThanOrEqual(before);
        expect(kept).toEqual([...made, ...kept.slice(made.length)].slice(0, kept.length));
        const events = await again.rest('GET', `/v1/orgs/${org.org_id}/audit-events?action=role.create&limit=1`);
        expect(events.body.total).toBe(kept.length + 4);
        expect((await again.rest('POST', base, { name: kept[0], permissions: [] })).status).toBe(409);
      } finally {
        second.child.kill('SIGTERM');
        await second.exit;
      }
    }
  });

  test('nothing is restored from a file that is not whole, nor into a store of others', async () => {
    const file = join(folder, 'whole');
    expect((await runCommand(['backup', file], env)).code).toBe(0);
    const bytes = readFileSync(file);
    const changed = Buffer.from(bytes);
    const middle = Math.floor(bytes.length / 2);
    changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle);
    const target = place('untouched');
    for (const [name, content] of [
      ['cut', bytes.subarray(0, bytes.length - 40)],
      ['changed', changed],
      ['other', Buffer.from('not a backup')],
    ] as const) {
      writeFileSync(join(folder, name), content);
      const { code, stderr } = await runCommand(['restore', join(folder, name)], target);
      expect([name, code, stderr]).toEqual([name, 1, expect.stringMatching(/^switchyard: restore: [^\n]+\n$/)]);
    }
    await runCommand(['org', 'create', 'Other'], target);
    const refused = await runCommand(['restore', file], target);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/holds other organizations/)]);
  });

  test('a file that several write at once is whole, for its owner alone, and where a link leads; nothing else is left or taken', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    for (const name of ['real', 'real.partial', 'real.copy']) writeFileSync(join(home, name), name, { mode: 0o644 });
    const file = join(home, 'link');
    symlinkSync('real', file);
    const runs = await Promise.all([1, 2, 3].map(() => runCommand(['backup', file], env)));
    expect(runs.map(({ code, stderr }) => [code, stderr.split('\n').length])).toEqual(runs.map(() => [0, 2]));
    expect(readdirSync(home).sort()).toEqual(['link', 'real', 'real.copy', 'real.partial']);
    expect(readFileSync(join(home, 'real.copy'), 'utf8')).toBe('real.copy');
    expect([lstatSync(file).isSymbolicLink(), statSync(file).mode & 0o777]).toEqual([true, 0o600]);
    expect((await runCommand(['restore', file], place(basename(home)))).code).toBe(0);
  });
});

describe('the place of a backup', () => {
  let folder: string;
  let env: Record<'DATA_DIR' | 'MONGODB_URI', string>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-place-'));
    env = { DATA_DIR: join(folder, 'data'), MONGODB_URI: '' };
    await runCommand(['org', 'create', 'Acme'], env);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is never the store itself, by whatever name', async () => {
    const store = join(env.DATA_DIR, 'switchyard.db');
    const before = readFileSync(store);
    symlinkSync('data', join(folder, 'other'));
    symlinkSync(store, join(folder, 'link'));
    symlinkSync(`${store}-wal`, join(folder, 'dangling'));
    linkSync(store, join(folder, 'hard'));
    const names = [
      store,
      `${store}-wal`,
      `${store}-shm`,
      ...['link', 'dangling', 'hard'].map((name) => join(folder, name)),
    ];
    for (const name of [
      ...names,
      join(folder, 'other', 'switchyard.db'),
      join(env.DATA_DIR, '..', 'other', 'switchyard.db-wal'),
    ])
      expect(() => openTarget(name, store), name).toThrow(/ that is the store itself; /);
    const { code, stderr } = await runCommand(['backup', store], env);
    expect([code, stderr]).toEqual([1, expect.stringContaining('that is the store itself')]);
    expect(readFileSync(store).equals(before)).toBe(true);
    const near = openTarget(join(env.DATA_DIR, 'switchyard.db.backup'), store);
    near.clear();
    expect(readdirSync(env.DATA_DIR)).toEqual(['switchyard.db']);
  });

  test('what is not a regular file is neither written nor read, and a place that is not there is one line', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const pipe = join(home, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const line = (word: string) => expect.stringMatching(new RegExp(`^switchyard: ${word}: [^\n]+\n$`));
    const none = join(home, 'none', 'file');
    for (const [words, code] of [
      [['backup', pipe], 1],
      [['backup', home], 1],
      [['backup', none], 1],
      [['backup', ''], 2],
      [['restore', pipe], 1],
      [['restore', none], 1],
    ] as const) {
      const { stdout, ...ran } = await runCommand([...words], env);
      expect([words, ran.code, stdout, ran.stderr]).toEqual([words, code, '', line(words[0])]);
    }
    expect([readdirSync(home), lstatSync(pipe).isFIFO()]).toEqual([['pipe'], true]);
  });

  test('two backups behind one another in a file are none', async () => {
    const file = join(folder, 'one');
    await runCommand(['backup', file], env);
    writeFileSync(join(folder, 'two'), Buffer.concat([readFileSync(file), readFileSync(file)]));
    const { code, stderr } = await runCommand(['restore', join(folder, 'two')], {
      ...env,
      DATA_DIR: join(folder, 'of-two'),
    });
    expect([code, stderr]).toEqual([
      1,
      `switchyard: restore: ${join(folder, 'two')} is not a whole backup; nothing was restored\n`,
    ]);
  });

  test('nor is a store copied into itself, by a link', async () => {
    const store = join(env.DATA_DIR, 'switchyard.db');
    linkSync(store, join(folder, 'same'));
    const { code, stderr } = await runCommand(
      ['copy', '--from', `sqlite:${store}`, '--to', `sqlite:${join(folder, 'same')}`],
      env,
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining('--from and --to are the same')]);
  });

  /** A run that is under way until it is ended. */
  async function underWay(file: string) {
    const module = join(import.meta.dirname, '../../src/process/backup/target.ts');
    const script = `import { openTarget } from ${JSON.stringify(module)};
      import { writeFileSync } from 'node:fs';
      const { partial, aside } = openTarget(${JSON.stringify(file)}, null);
      for (const made of [partial, aside, aside + '-wal']) writeFileSync(made, 'half');
      setInterval(() => {}, 1e6); console.log('open')`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  }

  test('is left as it was by who is told to stop', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const child = await underWay(join(home, 'file'));
    expect(readdirSync(home)).toHaveLength(1);
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    expect([code, signal, readdirSync(home)]).toEqual([null, 'SIGTERM', []]);
  });

  test('nothing is left of one that cannot even be signed, as on a full disk', () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const heard = process.listenerCount('SIGTERM');
    vi.spyOn(JSON, 'stringify').mockImplementationOnce(() => {
      throw new Error('no space left on device');
    });
    expect(() => openTarget(join(home, 'file'), null)).toThrow('no space left on device');
    expect([readdirSync(home), process.listenerCount('SIGTERM')]).toEqual([[], heard]);
  });

  test('nor is anything left by who is told to stop while it clears up', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const module = join(import.meta.dirname, '../../src/process/backup/target.ts');
    const script = `import fs, { writeFileSync } from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      import { openTarget } from ${JSON.stringify(module)};
      const target = openTarget(${JSON.stringify(join(home, 'file'))}, null);
      writeFileSync(target.partial, 'half');
      const { rmSync } = fs;
      fs.rmSync = (...words) => { process.kill(process.pid, 'SIGTERM'); rmSync(...words); };
      syncBuiltinESMExports();
      target.clear()`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    await once(child, 'exit');
    expect(readdirSync(home)).toEqual([]);
  });

  test('is rid of what killed runs have left by the next one, and of nothing else', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const file = join(home, 'file');
    const killed = [await underWay(file), await underWay(file)];
    const left = readdirSync(home);
    for (const child of killed) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const alive = await underWay(file);
    const elsewhere = await underWay(join(home, 'other'));
    elsewhere.kill('SIGKILL');
    await once(elsewhere, 'exit');
    const others = ['file.abcdef', 'file.uvwxyz', 'file.longer-name'];
    for (const name of others) mkdirSync(join(home, name));
    writeFileSync(join(home, 'file.abcdef', 'partial'), 'of somebody');
    writeFileSync(join(home, 'file.uvwxyz', 'maker'), 'of somebody');
    const beside = readdirSync(home).filter((name) => !left.includes(name));
    expect(beside).toHaveLength(others.length + 2);
    expect((await runCommand(['backup', file], env)).code).toBe(0);
    expect(readdirSync(home).sort()).toEqual([...beside, 'file'].sort());
    alive.kill('SIGTERM');
    await once(alive, 'exit');
  });
});
