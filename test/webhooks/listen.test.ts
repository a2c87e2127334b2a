import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { PATIENCE_MS, startHarness } from '../harness.ts';
import { required } from '../required.ts';
import { startReceiver, verified } from './receiver.ts';

test('`webhooks listen` posts to a local address what a webhook there would get, and says so', async () => {
  const [harness, receiver] = [await startHarness(), await startReceiver()];
  const org = await harness.org();
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-listen-'));
  const file = join(folder, 'token');
  writeFileSync(file, org.token);
  const words = ['webhooks', 'listen', '--json', '--types', 'role.*', '--server', harness.url, '--token-file', file];
  const listening = spawn(process.execPath, ['bin/switchyard.js', ...words, '--url', receiver.url]);
  try {
    let out = '';
    listening.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    const lines = () => out.split('\n').filter(Boolean);
    const said = (count: number) => vi.waitFor(() => expect(lines().length).toBe(count), { timeout: PATIENCE_MS });
    await said(1);
    await org.rest('POST', `${org.base}/members`, { email: 'a@b.example', role: 'Viewer' });
    await org.rest('POST', `${org.base}/roles`, { name: 'a', permissions: [] });
    await said(2);
    const [{ secret }, { event, status_code }] = lines().map((line) => JSON.parse(line));
    expect(verified(secret, required(receiver.received[0]))).toEqual(event);
    expect([event.type, status_code, receiver.received.length]).toEqual(['role.create', 204, 1]);
    const ended = new Promise((resolve) => listening.once('exit', (code) => resolve(code)));
    listening.kill('SIGTERM');
    expect(await ended).toBe(0);
  } finally {
    listening.kill('SIGKILL');
    rmSync(folder, { recursive: true });
    await Promise.all([harness.close(), receiver.close()]);
  }
});
