import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { required } from '../../test/required.ts';

export const HERE = import.meta.dirname;
const VENV = join(HERE, '.venv');
export const PYTHON = join(VENV, 'bin', 'python');

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Installs the peers where they are not yet as their lockfile says; answers whether Python's is there too. */
export function installPeers(): { python: boolean } {
  once(join(HERE, 'node_modules', '.installed'), 'package-lock.json', () => {
    say('Installing the peers (once) …');
    execFileSync('npm', ['ci', '--ignore-scripts', '--silent'], { cwd: HERE, stdio: ['ignore', 'ignore', 'inherit'] });
  });
  try {
    once(join(VENV, '.installed'), 'requirements.txt', makeEnvironment);
    return { python: true };
  } catch (error) {
    say(`FastAPI is left out: ${String((error as { stderr?: Buffer }).stderr ?? error).slice(0, 200)}`);
    return { python: false };
  }
}

function makeEnvironment(): void {
  say('Making a Python environment for FastAPI (once) …');
  rmSync(VENV, { recursive: true, force: true });
  execFileSync('python3', ['-m', 'venv', VENV], { stdio: 'pipe' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  execFileSync(PYTHON, [...pip, '-r', join(HERE, 'requirements.txt')], { stdio: 'pipe' });
}

/** The mark holds what was asked for, so that a change of it installs anew. */
function once(mark: string, list: string, install: () => void): void {
  const wanted = readFileSync(join(HERE, list), 'utf8');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  install();
  writeFileSync(mark, wanted);
}

/** The versions that are compared, each by its name. */
export function versions({ python }: { python: boolean }): Record<string, string> {
  const packageOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { dependencies } = packageOf(HERE) as { dependencies: Record<string, string> };
  const names = [...Object.keys(dependencies), 'graphql-jit'];
  const run = (args: string[]) => execFileSync(PYTHON, args, { encoding: 'utf8' }).trim();
  const fromPython = python ? pythonVersions(run) : {};
  return {
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? '?',
    ...Object.fromEntries(names.map((name) => [name, packageOf(join(HERE, 'node_modules', name)).version])),
    ...fromPython,
  };
}

function pythonVersions(run: (args: string[]) => string): Record<string, string> {
  const lines = readFileSync(join(HERE, 'requirements.txt'), 'utf8').trim().split('\n');
  const told = lines
    .map((line) => line.split('=='))
    .filter(([name]) => /^(fastapi|pydantic|uvicorn|uvloop)$/.test(required(name)));
  return { ...Object.fromEntries(told), python: run(['-c', 'import platform; print(platform.python_version())']) };
}
