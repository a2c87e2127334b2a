import { StartRefused } from '../../words/refused.ts';
import { configIssues, configSchema, readConfig, SECRETS } from '../setup/config.ts';
import type { Env } from '../setup/env.ts';
import { nearMisses, sentenceOf } from '../setup/near-misses.ts';
import { placeOf } from '../setup/place.ts';
import { printJson, printTable } from './print.ts';

/** What a start with this environment would work with, or every reason why it would not; nothing is opened or made. */
export async function checkConfigCommand({ json }: { json?: boolean }, env: Env): Promise<void> {
  const problems = await problemsOf(env);
  const warnings = nearMisses(env).map(sentenceOf);
  if (problems.length > 0) {
    if (json) printJson({ ok: false, problems, warnings });
    throw new StartRefused(problems.join('; '));
  }
  const values = readConfig(env);
  const settings = Object.keys(configSchema.shape).map((name) => ({ name, ...settingOf(name, values, env) }));
  if (json) return printJson({ ok: true, settings, warnings });
  printTable(
    ['variable', 'value', 'from'],
    settings.map(({ name, value, from }) => [name, value === null ? '' : String(value), from]),
  );
  for (const warning of warnings) process.stderr.write(`switchyard: ${warning}\n`);
}

/** The options of MongoDB's address are the driver's, which reads them without connecting. */
async function problemsOf(env: Env): Promise<string[]> {
  const problems = configIssues(env);
  if (problems.length > 0) return problems;
  try {
    await placeOf(readConfig(env));
    return [];
  } catch (error) {
    if (error instanceof StartRefused) return [error.message];
    throw error;
  }
}

function settingOf(name: string, values: Record<string, unknown>, env: Env): { value: unknown; from: string } {
  const from = env[name] ? 'environment' : env[`${name}_FILE`] ? `${name}_FILE` : 'default';
  const isSecret = (SECRETS as readonly string[]).includes(name);
  const value = values[name] ?? null;
  return { value: isSecret && value !== null ? 'set, not shown' : value, from };
}
