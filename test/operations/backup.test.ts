import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
});
