import { readFileSync } from 'node:fs';
import { expected } from '../../words/expected.ts';
import { StartRefused } from '../../words/refused.ts';
import type { Env } from './env.ts';

/** The content of the file that `NAME_FILE` names, without the line's end that editors leave. An empty one is a secret that is not there yet: without it a start would take another store. */
export function readSecretFile(env: Env, name: string): string {
  const file = expected(env[`${name}_FILE`], `${name}_FILE`);
  if (env[name]) throw new StartRefused(`${name}_FILE: ${name} is given, too; give one of them`);
  const content = contentOf(file, name);
  if (content === '') throw new StartRefused(`${name}_FILE: ${file} is empty`);
  return content;
}

function contentOf(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/(\r?\n)+$/, '');
  } catch (error) {
    throw new StartRefused(`${name}_FILE: cannot read ${file}: ${(error as Error).message}`);
  }
}

/** What `env:NAME` refers to: the variable, or the file that `NAME_FILE` names, read anew each time since it may be rotated. */
export function secretOf(env: Env): (name: string) => string | undefined {
  return (name) => {
    if (env[name] || !env[`${name}_FILE`]) return env[name];
    try {
      return readSecretFile(env, name);
    } catch {
      return undefined;
    }
  };
}
