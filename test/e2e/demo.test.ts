import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClient, PATIENCE_MS } from '../harness.ts';
import { startServer } from './process.ts';

test('the demo has a reindex that comes on, after another start too, and one that failed with its reason', async () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'switchyard-demo-'));
  const started = async () => {
    const server = await startServer({ DATA_DIR }, ['serve']);
    const { rest } = createClient(server.url, readFileSync(join(DATA_DIR, 'demo-token'), 'utf8').trim());
    const { org_id } = (await rest('GET', '/v1/me')).body;
    const jobs = async () => (await rest('GET', `/v1/orgs/${org_id}/jobs`)).body.jobs;
    const comesOn = async () => {
      const done = async () => (await jobs()).at(-1).progress.done as number;
      const before = await done();
      await expect.poll(done, { timeout: PATIENCE_MS }).toBeGreaterThan(before);
    };
    const stop = async () => {
      server.child.kill('SIGTERM');
      expect(await server.exit).toBe(0);
    };
    return { jobs, comesOn, stop };
  };
  try {
    const first = await started();
    await first.comesOn();
    expect(await first.jobs()).toMatchObject([
      { status: 'failed', reason: 'items_failed', error: expect.stringContaining('Azure EU answered 404') },
      { status: 'running', kind: 'reindex', resource_type: 'namespace', progress: { total: 483, failed: 0 } },
    ]);
    await first.stop();
    const second = await started();
    await second.comesOn();
    await second.stop();
  } finally {
    rmSync(DATA_DIR, { recursive: true, force: true });
  }
}, 60_000);
