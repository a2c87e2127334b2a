import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const VENV = 'node_modules/.cache/litellm';

/**
 * A Python that has LiteLLM, or null. It takes 380 MB, so it is installed where it is asked for alone: `SWITCHYARD_LITELLM=1` keeps it in a
 * cache of its own, and `SWITCHYARD_LITELLM=<a Python>` takes one that is there.
 */
export async function pythonWithLitellm(): Promise<string | null> {
  const asked = process.env.SWITCHYARD_LITELLM;
  if (!asked) return null;
  if (asked !== '1') return asked;
  const python = join(VENV, 'bin/python');
  if (!existsSync(python)) await exec('python3', ['-m', 'venv', VENV]);
  const has = await exec(python, ['-c', 'import litellm']).catch(() => null);
  if (!has) await exec(python, ['-m', 'pip', 'install', '--quiet', 'litellm>=1.80,<2']);
  return python;
}
