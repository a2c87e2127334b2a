/** What a thousand streams cost that nothing comes on, and how fast a shutdown ends them: `npx node bench/idle-streams.ts`. Linux alone. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand, startServer } from '../test/e2e/process.ts';
import { createClient } from '../test/harness.ts';
import { required } from '../test/required.ts';

const TOKENS = 50;
const STREAMS_EACH = 20;
const IDLE_MS = 10_000;
/** A tick of the kernel's clock, as it counts what a process works. */
const TICK_MS = 10;

const folder = mkdtempSync(join(tmpdir(), 'switchyard-idle-streams-'));
const { stdout } = await runCommand(['org', 'create', 'Acme'], { DATA_DIR: folder });
const org = JSON.parse(stdout) as { org_id: string; token: string };
const server = await startServer({ DATA_DIR: folder });
const base = `/v1/orgs/${org.org_id}`;
const admin = createClient(server.url, org.token);
const sockets: Socket[] = [];

const about = (file: string) => readFileSync(`/proc/${server.child.pid}/${file}`, 'utf8');
const mebibytes = () => Number(required(/VmRSS:\s+(\d+)/.exec(about('status')))[1]) / 1_024;
const workedMs = () => {
  const fields = required(about('stat').split(') ')[1]).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};
const open = (token: string) =>
  new Promise<void>((resolve) => {
    const head = `GET ${base}/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`;
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    socket.write(head);
    socket.once('data', () => resolve());
  });

const tokens: string[] = [];
for (let at = 0; at < TOKENS; at += 1)
  tokens.push((await admin.rest('POST', `${base}/tokens`, { name: `t${at}`, role: 'Viewer' })).body.token);
await sleep(IDLE_MS / 5);
const before = mebibytes();
for (const token of tokens) await Promise.all(Array.from({ length: STREAMS_EACH }, () => open(token)));
await sleep(IDLE_MS / 5);
const grown = mebibytes() - before;
const worked = workedMs();
await sleep(IDLE_MS);
const share = ((workedMs() - worked) / IDLE_MS) * 100;
const stopped = performance.now();
server.child.kill('SIGTERM');
await server.exit;
const exitMs = performance.now() - stopped;
process.stdout.write(
  `${sockets.length} idle streams: ${grown.toFixed(0)} MiB, ${share.toFixed(1)} % of a core; SIGTERM to exit ${exitMs.toFixed(0)} ms\n`,
);
for (const socket of sockets) socket.destroy();
rmSync(folder, { recursive: true, force: true });
