import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMongo, HOW_TO_GET_ONE } from '../mongo-server.ts';
import type { Mutant } from './mutant.ts';

/**
 * Can the tests fail? `npm run mutants` breaks one promise after the other in a copy of the sources,
 * runs the tests that should notice, and ends with 1 when one of them did not. Each file beside this one lists some.
 * With `--check` it only says whether each has its place in today's sources, and its tests.
 */
const lists = readdirSync(import.meta.dirname).filter((name) => !['run.ts', 'mutant.ts'].includes(name));
/** A mutant may make a test wait for what never comes. */
const HANGS_MS = 120_000;
const isCheck = process.argv.includes('--check');
const wanted = process.argv.slice(2).filter((word) => word !== '--check');
const chosen = lists.filter((name) => wanted.length === 0 || wanted.includes(name.replace('.ts', '')));
const mutants = (
  await Promise.all(chosen.map(async (name) => ((await import(`./${name}`)) as { mutants: Mutant[] }).mutants))
).flat();

async function main(): Promise<void> {
  for (const mutant of mutants) broken(mutant, '.');
  if (isCheck) return;
  // Without one the mutants of that engine would seem to survive.
  const server = await findMongo(process.env);
  if (!server) process.stdout.write(`Mutants of MongoDB survive here; to catch them ${HOW_TO_GET_ONE}.\n`);
  const env = { ...process.env, ...(server ? { MONGODB_TEST_URI: server.uri } : {}) };
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mutants-'));
  for (const name of [
    'src',
    'bin',
    'test',
    'simulations',
    'docs',
    'deploy',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const survivors = mutants.filter((mutant) => {
    const caught = isCaught(mutant, folder, env);
    process.stdout.write(`${caught ? 'caught  ' : 'SURVIVED'}  ${mutant.breaks}\n`);
    return !caught;
  });
  rmSync(folder, { recursive: true, force: true });
  await server?.stop();
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

function isCaught(mutant: Mutant, folder: string, env: NodeJS.ProcessEnv): boolean {
  const path = join(folder, mutant.file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, broken(mutant, folder));
  const options = ['--bail', '1', '--testTimeout', String(HANGS_MS), '--hookTimeout', String(HANGS_MS)];
  const run = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...options, ...mutant.tests], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  writeFileSync(path, original);
  return run.status !== 0 && /[1-9]\d* failed/.test(run.stdout);
}

/** The file with the mutant's edits; one whose place has gone breaks nothing, and is told before any is run. */
function broken({ breaks, file, edits, tests }: Mutant, folder: string): string {
  const missing = tests.find((test) => !existsSync(test));
  if (missing !== undefined) throw new Error(`${breaks}: there is no ${missing}`);
  return edits.reduce(
    (text, [from, to]) => {
      if (text.split(from).length !== 2) throw new Error(`${breaks}: ${file} does not hold exactly once: ${from}`);
      return text.replace(from, () => to);
    },
    readFileSync(join(folder, file), 'utf8'),
  );
}

await main();
