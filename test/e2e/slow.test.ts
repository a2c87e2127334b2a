import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand, startServer } from './process.ts';

/** How long until the server closes a connection that sends `first` and then `drip` every four seconds. */
function lifetimeOf(port: number, first: string, drip: string): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => first && socket.write(first));
    const timer = setInterval(() => drip && socket.writable && socket.write(drip), 4_000);
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve((performance.now() - begin) / 1000);
    });
  });
}

test('silent connections, slow heads and slow bodies are closed in time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-slow-'));
  const { token } = JSON.parse((await runCommand(['org', 'create', 'Slow'], { DATA_DIR: folder })).stdout);
  const server = await startServer({ DATA_DIR: folder });
  const port = Number(new URL(server.url).port);
  const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;
  const [silent, slowHead, slowBody, idle] = await Promise.all([
    lifetimeOf(port, '', ''),
    lifetimeOf(port, 'GET / HTTP/1.1\r\n', 'X: y\r\n'),
    lifetimeOf(port, head, '{'),
    lifetimeOf(port, 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n', ''),
  ]);
  server.child.kill('SIGKILL');
  await server.exit;
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(
    `closed after: silent ${silent.toFixed(0)} s, slow head ${slowHead.toFixed(0)} s, slow body ${slowBody.toFixed(0)} s, idle ${idle.toFixed(0)} s\n`,
  );
  for (const seconds of [silent, slowHead, idle]) expect(seconds).toBeLessThan(36);
  expect(slowBody).toBeLessThan(46);
  for (const seconds of [silent, slowHead, slowBody, idle]) expect(seconds).toBeGreaterThan(25);
});
