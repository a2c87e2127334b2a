import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createClient, MONGODB_URI } from '../harness.ts';
import { secantus, startSecantus, type TestServer } from '../mongo-server.ts';
import { required } from '../required.ts';
import { runCommand, startServer } from './process.ts';

const command = MONGODB_URI ? secantus() : null;

describe.skipIf(!command)('a MongoDB server killed while it is written to', () => {
  test('answers 503 meanwhile, recovers by itself, and no acknowledged write is lost or done twice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-mongo-crash-'));
    let mongo: TestServer = await startSecantus(required(command), folder);
    const env = { MONGODB_URI: mongo.uri, DATA_DIR: join(tmpdir(), 'unused'), RATE_LIMIT_PER_MINUTE: '0' };
    const { org_id, token } = JSON.parse((await runCommand(['org', 'create', 'Crash'], env)).stdout);
    const server = await startServer(env);
    const client = createClient(server.url, token);
    const path = `/v1/orgs/${org_id}/roles`;
    const kept: string[] = [];
    const statuses = new Set<number>();
    let isWriting = true;
    const writers = Array.from({ length: 4 }, async (_, who) => {
      for (let at = 0; isWriting; at += 1) {
        const name = `w${who} ${at}`;
        // Under one key until it is answered: a write that may have happened happens once.
        for (let answered = false; !answered && isWriting; ) {
          const answer = await client.rest(
            'POST',
            path,
            { name, permissions: [] },
            { 'Idempotency-Key': name.replace(' ', '-') },
          );
          statuses.add(answer.status);
          answered = answer.status === 201;
          if (answered) kept.push(name);
          else await sleep(100);
        }
      }
    });
    while (kept.length < 8) await sleep(10);
    await mongo.kill();
    while (!statuses.has(503)) await sleep(10);
    const live = await fetch(`${server.url}/health/live`);
    mongo = await startSecantus(required(command), folder, mongo.port);
    const before = kept.length;
    while (kept.length <= before + 4) await sleep(10);
    isWriting = false;
    await Promise.all(writers);
    const names: string[] = [];
    for (let cursor = ''; cursor !== null; ) {
      const { body } = await client.rest('GET', `${path}?limit=200${cursor && `&cursor=${cursor}`}`);
      names.push(...body.roles.map((role: { name: string }) => role.name));
      cursor = body.next_cursor;
    }
    server.child.kill('SIGKILL');
    await server.exit;
    await mongo.stop();
    rmSync(folder, { recursive: true, force: true });
    expect(live.status).toBe(200);
    expect([...statuses].filter((status) => ![201, 503, 409].includes(status))).toEqual([]);
    expect(kept.length).toBeGreaterThan(before);
    expect(kept.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
