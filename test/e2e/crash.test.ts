import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { collections } from '../../src/catalog/collections.ts';
import { openSqlite } from '../../src/store/sqlite/engine.ts';
import type { Doc, Page } from '../../src/store/store.ts';
import { createClient } from '../harness.ts';
import { required } from '../required.ts';
import { findDamage } from '../store/checker.ts';
import { type Running, runCommand, startServer } from './process.ts';

const ROUNDS = 20;
const CLIENTS = 8;
const WRITES = 26;
/** Workspaces that a round keeps before it may be killed. */
const KEPT_A_ROUND = 11;

describe('kill -9', () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-crash-'));
  let server: Running | null = null;
  afterAll(async () => {
    server?.child.kill('SIGKILL');
    await server?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  test(`loses no acknowledged write and leaves nothing half done, in ${ROUNDS} rounds`, async () => {
    const { stdout } = await runCommand(['org', 'create', 'Acme'], { DATA_DIR: folder });
    const { org_id, token } = JSON.parse(stdout);
    const kept = new Set<string>();
    const gone = new Set<string>();
    let slowestStartMs = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const begin = performance.now();
      server = await startServer({ DATA_DIR: folder, RATE_LIMIT_PER_MINUTE: '0' });
      slowestStartMs = Math.max(slowestStartMs, performance.now() - begin);
      const client = createClient(server.url, token);
      const path = `/v1/orgs/${org_id}/workspaces`;
      const writer = async (who: number) => {
        for (let at = 0; at < WRITES; at += 1) {
          const name = `r${round} c${who} w${at}`;
          const made = await client.rest('POST', path, { organization_id: org_id, name });
          if (made.status !== 201) continue;
          kept.add(made.body.workspace_id);
          if (at % 4 === 3) {
            // Unacknowledged, a delete may have happened or not; acknowledged, it has.
            kept.delete(made.body.workspace_id);
            const deleted = await client.rest('DELETE', `${path}/${made.body.workspace_id}`);
            if (deleted.status === 200) gone.add(made.body.workspace_id);
          }
        }
      };
      const writers = Promise.allSettled(Array.from({ length: CLIENTS }, (_, who) => writer(who)));
      // Killed in the midst of the writes, however fast they are: behind some that are acknowledged, before the rest.
      const enough = kept.size + KEPT_A_ROUND + Math.random() * 60;
      let writing = true;
      void writers.then(() => {
        writing = false;
      });
      while (writing && kept.size < enough) await sleep(1);
      await sleep(Math.random() * 20);
      server.child.kill('SIGKILL');
      await server.exit;
      await writers;
      const store = openSqlite({
        file: join(folder, 'switchyard.db'),
        collections,
        now: () => new Date().toISOString(),
      });
      expect(store.settings()).toEqual({ synchronous: 2, journalMode: 'wal', integrity: 'ok' });
      expect(await findDamage(store, org_id)).toEqual([]);
      const stored = new Set(await idsOf(store, org_id));
      expect([...kept].filter((id) => !stored.has(id))).toEqual([]);
      expect([...gone].filter((id) => stored.has(id))).toEqual([]);
      await store.close();
    }
    process.stdout.write(
      `kill -9: ${ROUNDS} rounds, ${kept.size} workspaces kept, 0 lost, slowest start ${Math.round(slowestStartMs)} ms\n`,
    );
    expect(kept.size).toBeGreaterThan(ROUNDS * 10);
  });

  test('a kill between commit and reply, then a retry under the same Idempotency-Key: one row', async () => {
    const env = { DATA_DIR: join(folder, 'keys'), RATE_LIMIT_PER_MINUTE: '0' };
    const { org_id, token } = JSON.parse((await runCommand(['org', 'create', 'Keys'], env)).stdout);
    const path = `/v1/orgs/${org_id}/roles`;
    let replayed = 0;
    server = await startServer(env);
    for (let round = 0; round < 8; round += 1) {
      const body = { name: `role ${round}`, permissions: [] };
      const headers = { 'Idempotency-Key': `key-${round}` };
      const first = createClient(server.url, token)
        .rest('POST', path, body, headers)
        .catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, round));
      server.child.kill('SIGKILL');
      await Promise.all([first, server.exit]);
      server = await startServer(env);
      const client = createClient(server.url, token);
      const again = await client.rest('POST', path, body, headers);
      expect(again.status).toBe(201);
      replayed += Number(again.headers.get('idempotency-replayed') === 'true');
      expect(
        (await client.rest('GET', path)).body.roles.filter((role: { name: string }) => role.name === body.name),
      ).toHaveLength(1);
    }
    server.child.kill('SIGKILL');
    await server.exit;
    process.stdout.write(`kill between commit and reply: 8 rounds, ${replayed} replayed, 8 rows\n`);
  });
});

async function idsOf(store: ReturnType<typeof openSqlite>, orgId: string): Promise<string[]> {
  const ids: string[] = [];
  const workspaces = required(collections.find(({ name }) => name === 'workspaces'));
  for (let after: Doc | null = null; ; ) {
    const page: Page<Doc> = await store.page(workspaces, { orgId, order: 'asc', limit: 1_000, after });
    ids.push(...page.docs.map(({ id }) => id));
    if (!page.more) return ids;
    after = required(page.docs.at(-1));
  }
}
