import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { required } from '../required.ts';

/** Vitest ends its workers by a signal, of which those who wait for `exit` would not hear. */
process.once('SIGTERM', () => process.exit());

export const BIN = fileURLToPath(new URL('../../bin/switchyard.js', import.meta.url));

export interface Running {
  child: ChildProcess;
  url: string;
  stdout: () => string;
  stderr: () => string;
  exit: Promise<number | null>;
}

/** Where and as whom the program runs, where that is not this repository and this user. */
export interface Place {
  bin?: string;
  cwd?: string;
  uid?: number;
  gid?: number;
}

/** The real program as its own process; resolves when it says where it listens. */
export async function startServer(
  env: Record<string, string>,
  args: string[] = ['serve', '--no-demo'],
  { bin = BIN, ...place }: Place = {},
): Promise<Running> {
  const child = spawn(process.execPath, [bin, ...args], {
    ...place,
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'warn', NODE_ENV: '', DEMO_TRAFFIC: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  required(child.stdout).on('data', (chunk) => {
    out += chunk;
  });
  required(child.stderr).on('data', (chunk) => {
    err += chunk;
  });
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  // Whatever becomes of the test, no server outlives it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void exit.then(() => process.off('exit', kill));
  const url = await new Promise<string>((resolve, reject) => {
    required(child.stdout).on('data', () => {
      const found = /http:\/\/[\w.[\]:]+:\d+/.exec(out);
      if (found && out.includes('\n')) resolve(found[0]);
    });
    void exit.then((code) => reject(new Error(`the server ended with ${code}: ${err}`)));
  });
  return { child, url, stdout: () => out, stderr: () => err, exit };
}

export async function runCommand(
  args: string[],
  env: Record<string, string>,
  { bin = BIN, ...place }: Place = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [bin, ...args], {
      ...place,
      env: { ...process.env, LOG_LEVEL: 'warn', ...env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
