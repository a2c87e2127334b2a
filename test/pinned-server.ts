import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function canRun(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The command of a server from PyPI, in a virtual environment of its own; null where it cannot be had. It is installed
 * once: the text of `<name>-requirements.txt` names the environment, so that a new version makes a new one.
 */
export function pinnedServer(name: string, command: string): string | null {
  const python = ['python3.11', 'python3'].find((python) =>
    canRun(python, ['-c', 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 11))']),
  );
  if (!python) return null;
  const cache = fileURLToPath(new URL(`../node_modules/.cache/${name}`, import.meta.url));
  const requirements = fileURLToPath(new URL(`${name}-requirements.txt`, import.meta.url));
  const mark = join(cache, 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  const path = join(cache, 'bin', command);
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return path;
  process.stdout.write(`Making the environment of the tests’ ${name} (once) …\n`);
  try {
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    execFileSync(python, ['-m', 'venv', cache], { stdio: 'ignore' });
    execFileSync(
      join(cache, 'bin', 'pip'),
      ['install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--no-deps', '-r', requirements],
      { stdio: 'pipe' },
    );
  } catch (error) {
    process.stdout.write(
      `It cannot be made here: ${String((error as { stderr?: Buffer }).stderr ?? error).slice(0, 300)}\n`,
    );
    return null;
  }
  writeFileSync(mark, wanted);
  return path;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
