import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient, describeEngines, freshMongoUri } from '../harness.ts';
import { type Running, runCommand, startServer } from './process.ts';

describeEngines('token create', (engine) => {
  let folder: string;
  let env: Record<string, string>;
  let server: Running;
  let org: { org_id: string; token: string };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-token-'));
    env = { DATA_DIR: folder, MONGODB_URI: engine === 'mongodb' ? freshMongoUri() : '' };
    if (engine === 'sqlite') delete env.MONGODB_URI;
    server = await startServer(env);
    org = JSON.parse((await runCommand(['org', 'create', 'Lost'], env)).stdout);
  });
  afterAll(async () => {
    server?.child.kill('SIGTERM');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (...words: string[]) => runCommand(['token', 'create', ...words], env);
  const client = (token: string): Client => createClient(server.url, token);

  test('an org whose Admin tokens are lost is opened again beside a running server, and the audit says by whom', async () => {
    const admin = client(org.token);
    const base = `/v1/orgs/${org.org_id}`;
    const { token_id: lost } = (await admin.rest('GET', '/v1/me')).body;
    expect((await admin.rest('DELETE', `${base}/tokens/${lost}`)).status).toBe(204);
    const { code, stdout, stderr } = await create('--org', org.org_id, '--role', 'Admin', '--name', 'Found again');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^switchyard: made the token in [^\n]+\n$/)]);
    expect(stdout).toMatch(/^mm_tok_\S+\n$/);
    const again = client(stdout.trim());
    const me = (await again.rest('GET', '/v1/me')).body;
    expect(me).toMatchObject({ org_id: org.org_id, role: 'Admin', permissions: ['*:*'], workspace_ids: null });
    const found = `${base}/audit-events?action=token.create&resource_id=${me.token_id}`;
    const audit = await again.rest('GET', found);
    expect(audit.body.events).toMatchObject([{ actor_id: 'operator', resource_type: 'token' }]);
    expect(audit.text).not.toContain(stdout.trim());
    expect((await again.rest('GET', `${base}/tokens/${me.token_id}`)).body).toMatchObject({
      name: 'Found again',
      role: 'Admin',
      member_id: null,
      created_by: 'operator',
    });
    const members = { email: 'new@acme.test', role: 'Admin' };
    expect((await again.rest('POST', `${base}/members`, members)).status).toBe(201);
  });

  test('--json prints one line with the ids; the role is any of the org, by name or by id', async () => {
    const first = JSON.parse((await create('--org', org.org_id, '--role', 'viewer', '--json')).stdout);
    expect(first).toEqual({
      org_id: org.org_id,
      token_id: expect.stringMatching(/^tok_/),
      token: expect.stringMatching(/^mm_tok_/),
    });
    const viewer = client(first.token);
    const { roles } = (await viewer.rest('GET', `/v1/orgs/${org.org_id}/roles`)).body;
    const { role_id } = roles.find(({ name }: { name: string }) => name === 'Operator');
    const second = JSON.parse((await create('--org', org.org_id, '--role', role_id, '--json')).stdout);
    expect((await client(second.token).rest('GET', '/v1/me')).body.role).toBe('Operator');
  });

  test('what is not there is one line and exit 1; wrong words exit 2; nothing is made', async () => {
    const refusals: [string[], number, RegExp][] = [
      [
        ['--org', 'org_absent', '--role', 'Admin'],
        1,
        /^switchyard: --org: there is no organization "org_absent" in .*\n$/,
      ],
      [['--org', org.org_id, '--role', 'Amdin'], 1, /^switchyard: The role "Amdin" was not found\n$/],
      [['--org', org.org_id], 2, /required option '--role <role>' not specified; see "switchyard token create --help"/],
      [['--role', 'Admin'], 2, /required option '--org <id>' not specified/],
      [['--org', org.org_id, '--role', 'Admin', '--name', ''], 2, /^switchyard: --name: /],
      [['--org', org.org_id, '--role', 'Admin', 'more'], 2, /too many arguments/],
      [['--org', org.org_id, '--role', 'Admin', '--jsn'], 2, /Did you mean --json/],
    ];
    for (const [words, code, line] of refusals) {
      const answer = await create(...words);
      expect([answer.code, answer.stdout]).toEqual([code, '']);
      expect(answer.stderr).toMatch(line);
      expect(answer.stderr.split('\n')).toHaveLength(2);
    }
  });

  test.skipIf(engine === 'mongodb')('a folder that holds no data is named, and stays empty', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'switchyard-empty-'));
    const words = ['token', 'create', '--org', org.org_id, '--role', 'Admin'];
    const { code, stderr } = await runCommand(words, { DATA_DIR: empty });
    expect([code, readdirSync(empty)]).toEqual([1, []]);
    expect(stderr).toMatch(
      /^switchyard: DATA_DIR: there is no .*switchyard\.db; name the folder that the server serves\n$/,
    );
    rmSync(empty, { recursive: true });
  });
});
