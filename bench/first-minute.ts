/** From a clone to the first answered query, the download of packages apart: `node bench/first-minute.ts`. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'switchyard-minute-'));
const clone = join(folder, 'switchyard');
const lap = async (name: string, work: () => Promise<void> | void) => {
  const begin = performance.now();
  await work();
  process.stdout.write(`${name.padEnd(40)} ${((performance.now() - begin) / 1000).toFixed(1).padStart(6)} s\n`);
};
await lap('git clone', () => void execFileSync('git', ['clone', '--quiet', root, clone]));
await lap('npm install (with the download)', () => void execFileSync('npm', ['install', '--silent'], { cwd: clone }));
const child = spawn('npm', ['start', '--silent'], {
  cwd: clone,
  env: { ...process.env, PORT: '4871', NODE_ENV: '' },
  stdio: 'ignore',
  detached: true,
});
await lap('npm start to the first answered query', async () => {
  for (;;) {
    try {
      const token = readFileSync(join(clone, 'data', 'demo-token'), 'utf8').trim();
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const answer = await fetch('http://127.0.0.1:4871/graphql', {
        method: 'POST',
        headers,
        body: '{"query":"{viewer{organization{name}}}"}',
      });
      if (answer.ok) return;
    } catch {
      await sleep(50);
    }
  }
});
process.kill(-child.pid!, 'SIGTERM');
await sleep(1_500);
rmSync(folder, { recursive: true, force: true });
